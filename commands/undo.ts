import { Args, Flags } from '../src/cli/oclif.js';
import {
  changeFacts,
  changeLines,
  confirmStranding,
  policyWriteFlags,
  type Stranding,
} from '../src/cli/policy-answer.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderEvent } from '../src/render/events.js';

export default registryCommand({
  summary: 'Undo a command with compensating events',
  description:
    'The log only grows: allocated ports are released, released ports are allocated again, moves are reversed. All events of a command are undone together. What a commit changed in policy.json is changed back, key by key. Fails if a later event or change depends on it.',
  examples: ['vports undo 3f14a6ebab', 'vports undo 01M84MKVF8H6CRPXW55GTFNWNN --reason "wrong cluster"'],
  args: {
    target: Args.string({ required: true, description: 'the id or path of an event, or a commit' }),
  },
  flags: {
    ...writeFlags,
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
    yes: policyWriteFlags.yes,
  },
  async answer(registry, { args, options }) {
    const confirm = async (change: Stranding) => options.yes || confirmStranding(change);
    const { undone, policy, ...outcome } = await registry.undo(args.target, { ...options, confirm });
    const events = options.dryRun ? [] : undone.map((event) => renderEvent(event));
    const text = [...events, ...(policy ? changeLines(policy) : [])].join('\n');
    const json = { undone, ...(policy && { policy: changeFacts(policy) }) };
    return writeAnswer(registry, outcome, { text, json }, options);
  },
});
