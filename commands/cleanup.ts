import { Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderCleanup } from '../src/render/cleanup.js';

const { reason, 'dry-run': dryRun } = writeFlags;

export default registryCommand({
  summary: "Release this machine's expired leases",
  description:
    'Finds leases that have expired, and leases whose process or folder is gone. Only --fix releases them, and never a port that a process still listens on.',
  examples: ['vports cleanup', 'vports cleanup --fix', 'vports cleanup --fix --force e2e'],
  flags: {
    'dry-run': dryRun,
    reason,
    fix: Flags.boolean({ description: 'release the leases found' }),
    force: Flags.string({
      description: 'with --fix: also release ports of this resource that a process still listens on',
    }),
  },
  async answer(registry, { options }) {
    const dryRun = options.dryRun || !options.fix;
    const asked = { ...options, dryRun, docs: false };
    const { released, kept, ...outcome } = await registry.cleanup(asked);
    const text = renderCleanup(released, kept, !dryRun);
    return {
      ...writeAnswer(registry, outcome, { text, json: { released, kept } }, asked),
      ...(dryRun && { notes: [] }),
    };
  },
});
