import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderCleanup } from '../src/render/cleanup.js';

const { reason, 'dry-run': dryRun } = writeFlags;

export default class Cleanup extends VportsCommand {
  static override summary = "Release this machine's expired leases";
  static override description =
    'Finds leases that have expired, and leases whose process or folder is gone. Only --fix releases them, and never a port that a process still listens on.';
  static override examples = [
    '<%= config.bin %> cleanup',
    '<%= config.bin %> cleanup --fix',
    '<%= config.bin %> cleanup --fix --force e2e',
  ];
  static override flags = {
    'dry-run': dryRun,
    reason,
    fix: Flags.boolean({ description: 'release the leases found' }),
    force: Flags.string({
      description: 'with --fix: also release ports of this resource that a process still listens on',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Cleanup);
    const options = { ...flags, 'dry-run': flags['dry-run'] || !flags.fix, docs: false };
    await this.onRegistry(flags, async (registry) => {
      const { released, kept, ...outcome } = await registry.cleanup({
        ...commonOptions(options),
        fix: flags.fix,
        force: flags.force,
      });
      const text = renderCleanup(released, kept, !options['dry-run']);
      return {
        ...writeAnswer(registry, outcome, { text, json: { released, kept } }, options),
        ...(options['dry-run'] && { notes: [] }),
      };
    });
  }
}
