import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';

export default class Resolve extends VportsCommand {
  static override summary = 'Settle the conflict that a merge or rebase of the registry has stopped at';
  static override description =
    'What all share keeps its ports; the commands of the other side go, whole, and their resources get other ports. The commit is left to you.';
  static override examples = ['git merge main; <%= config.bin %> resolve && git commit --no-edit'];
  static override flags = {
    keep: Flags.string({ description: 'this resource keeps its port, whichever side it is on' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Resolve);
    await this.onRegistry(flags, async (registry) => {
      const { others, ...json } = await registry.resolve(flags);
      const text = json.moved
        .map((it) => `${it.resource} (${it.name}) moved from ${it.from} to ${it.to}/${it.protocol}`)
        .join('\n');
      const story = [
        ...json.dropped.map(({ path, resource }) => `dropped ${path} of ${resource}`),
        ...others.map((path) => `still in conflict: ${path}`),
        others.length > 0
          ? 'settle these too, then commit'
          : 'settled: `git commit --no-edit`, or `git rebase --continue`',
      ];
      return { text, json: { ...json, others }, story };
    });
  }
}
