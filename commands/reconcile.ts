import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderDrift } from '../src/render/reconcile.js';

export default registryCommand({
  summary: 'Find and fix differences between registry, machine and documents',
  description:
    'Compares both logs, the listeners of this machine, and each service.json and README below the given folders. With --fix, fixes what has only one solution. Exits 1 if differences remain.',
  examples: ['vports reconcile', 'vports reconcile services --fix'],
  strict: false,
  args: {
    path: Args.string({
      description:
        'folders to search; default: the current one, including its subfolders if it is in a git work tree',
    }),
  },
  flags: {
    ...writeFlags,
    fix: Flags.boolean({ description: 'fix what can be fixed' }),
  },
  async answer(registry, { argv, options }) {
    const asked = { ...options, dryRun: options.dryRun || !options.fix };
    const { drift, fixed, ...outcome } = await registry.reconcile(argv, asked);
    const json = {
      drift: drift.map(({ fixable: _, ...it }) => it),
      fixed: fixed.map(({ fixable: _, ...it }) => it),
    };
    return {
      ...writeAnswer(registry, outcome, { text: renderDrift(drift, fixed), json }, asked),
      ...(asked.dryRun && !options.dryRun && { notes: [] }),
      exit: fixed.length < drift.length ? 1 : 0,
    };
  },
});
