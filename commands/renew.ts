import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, ttlOf, writeAnswer, writeFlags } from '../src/cli/write-flags.js';

// Leases live in this machine's log, which has no branches, and no document mentions them.
const { reason, 'dry-run': dryRun } = writeFlags;

export default class Renew extends VportsCommand {
  static override summary = "Extend a resource's leases";
  static override examples = ['<%= config.bin %> renew e2e --ttl 2h'];
  static override strict = false;
  static override args = {
    resource: Args.string({ required: true, description: 'the resource(s): names and globs' }),
  };
  static override flags = {
    'dry-run': dryRun,
    reason,
    ttl: Flags.string({
      description: 'length from now: 30m, 2h, 7d; default: as in the policy',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Renew);
    const options = { ...commonOptions({ ...flags, docs: false }), ttl: ttlOf(flags.ttl) };
    await this.onRegistry(flags, async (registry) => {
      const { renewed, ...outcome } = await registry.renew(argv, options);
      const ends = new Map(renewed.map(({ resource, expires }) => [resource, expires]));
      const text =
        ends.size === 1
          ? renewed[0]!.expires
          : [...ends].map(([resource, end]) => `${resource} ${end}`).join('\n');
      return writeAnswer(registry, outcome, { text, json: { renewed } }, flags);
    });
  }
}
