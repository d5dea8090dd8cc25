import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderCleanup } from '../src/render/cleanup.js';

const { reason, 'dry-run': dryRun } = writeFlags;

export default class Cleanup extends VportsCommand {
  static override summary = "Release this machine's expired leases";
  static override description =
    'A lease is over when it is past its end, or when the process it was for is gone. Nothing is released without --fix, nor what still listens.';
  static override examples = [
    '<%= config.bin %> cleanup',
    '<%= config.bin %> cleanup --fix',
    '<%= config.bin %> cleanup --fix --force e2e',
  ];
  static override flags = {
    'dry-run': dryRun,
    reason,
    fix: Flags.boolean({ description: 'release them' }),
    force: Flags.string({ description: 'also what still listens, of this one resource' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Cleanup);
    const told = { ...flags, 'dry-run': flags['dry-run'] || !flags.fix, docs: false };
    await this.onRegistry(flags, async (registry) => {
      const { released, kept, ...outcome } = await registry.cleanup({
        ...commonOptions(told),
        fix: flags.fix,
        force: flags.force,
      });
      const text = renderCleanup(released, kept, !told['dry-run']);
      return {
        ...writeAnswer(registry, outcome, { text, json: { released, kept } }, told),
        ...(told['dry-run'] && { story: [] }),
      };
    });
  }
}
