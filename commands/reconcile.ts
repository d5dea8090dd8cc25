import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderDrift } from '../src/render/reconcile.js';

export default class Reconcile extends VportsCommand {
  static override summary = 'Find and fix differences between registry, machine and documents';
  static override description =
    'Compares both logs, the listeners of this machine, and each service.json and README below the given folders. With --fix, fixes what has only one solution. Exits 1 if differences remain.';
  static override examples = ['<%= config.bin %> reconcile', '<%= config.bin %> reconcile services --fix'];
  static override strict = false;
  static override args = {
    path: Args.string({
      description:
        'folders to search; default: the current one, including its subfolders if it is in a git work tree',
    }),
  };
  static override flags = {
    ...writeFlags,
    fix: Flags.boolean({ description: 'fix what can be fixed' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Reconcile);
    const options = { ...flags, 'dry-run': flags['dry-run'] || !flags.fix };
    await this.onRegistry(flags, async (registry) => {
      const { drift, fixed, ...outcome } = await registry.reconcile(argv, {
        ...commonOptions(options),
        fix: flags.fix,
      });
      const json = {
        drift: drift.map(({ fixable: _, ...it }) => it),
        fixed: fixed.map(({ fixable: _, ...it }) => it),
      };
      return {
        ...writeAnswer(registry, outcome, { text: renderDrift(drift, fixed), json }, options),
        ...(!flags['dry-run'] && options['dry-run'] && { notes: [] }),
        exit: fixed.length < drift.length ? 1 : 0,
      };
    });
  }
}
