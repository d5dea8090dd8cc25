import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { writeFlags } from '../src/cli/write-flags.js';
import { renderResolved, storyOfResolved } from '../src/render/resolve.js';

export default class Resolve extends VportsCommand {
  static override summary = 'Settle the conflict that a merge or rebase of the registry has stopped at';
  static override description =
    "The shared branch keeps its ports; your branch's conflicting commands are redone on other ports, documents included. The commit is left to you. With --branch the shared branch is merged into that one, settled, committed and pushed, without a checkout.";
  static override examples = [
    'git merge main; <%= config.bin %> resolve && git commit --no-edit',
    '<%= config.bin %> resolve --branch web-ports',
  ];
  static override flags = {
    keep: Flags.string({ description: 'this resource keeps its port, whichever side it is on' }),
    branch: Flags.string({ description: 'merge what all share into this branch of the registry' }),
    'dry-run': Flags.boolean({ description: 'tell who would move, and write nothing' }),
    reason: writeFlags.reason,
    docs: writeFlags.docs,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Resolve);
    await this.onRegistry(flags, async (registry) => {
      const { warnings, ...resolved } = await registry.resolve({ ...flags, dryRun: flags['dry-run'] });
      return {
        text: renderResolved(resolved, flags['dry-run']),
        json: {
          ...resolved,
          commit: resolved.commit ?? null,
          warnings,
          ...(flags['dry-run'] && { dryRun: true }),
        },
        story: storyOfResolved(resolved, { remote: registry.remote, dryRun: flags['dry-run'] }),
        warnings,
      };
    });
  }
}
