import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import {
  changeFacts,
  changeLines,
  confirmStranding,
  policyWriteFlags,
  type Stranding,
} from '../src/cli/policy-answer.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderEvent } from '../src/render/events.js';

export default class Undo extends VportsCommand {
  static override summary = 'Undo a command with compensating events';
  static override description =
    'The log only grows: allocated ports are released, released ports are allocated again, moves are reversed. All events of a command are undone together. What a commit changed in policy.json is changed back, key by key. Fails if a later event or change depends on it.';
  static override examples = [
    '<%= config.bin %> undo 3f14a6ebab',
    '<%= config.bin %> undo 01M84MKVF8H6CRPXW55GTFNWNN --reason "wrong cluster"',
  ];
  static override args = {
    target: Args.string({ required: true, description: 'the id or path of an event, or a commit' }),
  };
  static override flags = {
    ...writeFlags,
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
    yes: policyWriteFlags.yes,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Undo);
    await this.onRegistry(flags, async (registry) => {
      const confirm = async (change: Stranding) => flags.yes || confirmStranding(change);
      const { undone, policy, ...outcome } = await registry.undo(args.target, {
        ...commonOptions(flags),
        confirm,
      });
      const events = undone.map((event) =>
        renderEvent({ ...event, log: 'registry', commit: null, merge: null }),
      );
      const text = [...(flags['dry-run'] ? [] : events), ...(policy ? changeLines(policy) : [])].join('\n');
      const json = { undone, ...(policy && { policy: changeFacts(policy) }) };
      return writeAnswer(registry, outcome, { text, json }, flags);
    });
  }
}
