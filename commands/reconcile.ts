import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderDrift } from '../src/render/reconcile.js';

export default class Reconcile extends VportsCommand {
  static override summary = 'Find where registry, machine and documents do not agree, and mend it';
  static override description =
    'Looks at both logs, at what listens here, and at each service.json and README below the given folders. With --fix, what needs no choice of yours is mended. Exit 1 where drift is left.';
  static override examples = ['<%= config.bin %> reconcile', '<%= config.bin %> reconcile services --fix'];
  static override strict = false;
  static override args = {
    path: Args.string({
      description: 'folders to look through; default: the current one, with all below it in a git work tree',
    }),
  };
  static override flags = {
    ...writeFlags,
    fix: Flags.boolean({ description: 'mend what can be mended' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Reconcile);
    const told = { ...flags, 'dry-run': flags['dry-run'] || !flags.fix };
    await this.onRegistry(flags, async (registry) => {
      const options = { ...commonOptions(told), fix: flags.fix };
      const { drift, fixed, ...outcome } = await registry.reconcile(argv, options);
      const json = {
        drift: drift.map(({ fixable: _, ...it }) => it),
        fixed: fixed.map(({ fixable: _, ...it }) => it),
      };
      return {
        ...writeAnswer(registry, outcome, { text: renderDrift(drift, fixed), json }, told),
        ...(!flags['dry-run'] && told['dry-run'] && { story: [] }),
        exit: fixed.length < drift.length ? 1 : 0,
      };
    });
  }
}
