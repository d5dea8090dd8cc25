import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';

export default class Docs extends VportsCommand {
  static override summary = 'Bring service.json and README in line with the registry';
  static override description =
    'With --check nothing is written, and the exit code is 1 where something would be.';
  static override examples = ['<%= config.bin %> docs', '<%= config.bin %> docs services/web --check'];
  static override strict = false;
  static override args = {
    path: Args.string({ description: 'folders of resources; the current one unless said' }),
  };
  static override flags = { check: Flags.boolean({ description: 'only say what would change' }) };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Docs);
    await this.onRegistry(flags, async (registry) => {
      const { documents, warnings } = await registry.docs(argv as string[], flags);
      const changed = documents.filter((it) => it.changed);
      return {
        text: changed.map(({ path }) => path).join('\n'),
        json: { documents, warnings },
        warnings,
        exit: flags.check && changed.length > 0 ? 1 : 0,
      };
    });
  }
}
