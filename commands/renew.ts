import { Args, Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { ttlOf, writeAnswer, writeFlags } from '../src/cli/write-flags.js';

// Leases live in this machine's log, which has no branches, and no document mentions them.
const { reason, 'dry-run': dryRun } = writeFlags;

export default registryCommand({
  summary: "Extend a resource's leases",
  examples: ['vports renew e2e --ttl 2h'],
  strict: false,
  args: {
    resource: Args.string({ required: true, description: 'the resource(s): names and globs' }),
  },
  flags: {
    'dry-run': dryRun,
    reason,
    ttl: Flags.string({
      description: 'length from now: 30m, 2h, 7d; default: as in the policy',
    }),
  },
  before: ({ flags }) => ({ ttl: ttlOf(flags.ttl) }),
  async answer(registry, { argv, options, ttl }) {
    const { renewed, ...outcome } = await registry.renew(argv, { ...options, docs: false, ttl });
    const ends = new Map(renewed.map(({ resource, expires }) => [resource, expires]));
    const text =
      ends.size === 1
        ? renewed[0]!.expires
        : [...ends].map(([resource, end]) => `${resource} ${end}`).join('\n');
    return writeAnswer(registry, outcome, { text, json: { renewed } }, options);
  },
});
