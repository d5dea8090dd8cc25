import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderEvent } from '../src/render/events.js';

export default class Undo extends VportsCommand {
  static override summary = 'Undo a command with compensating events';
  static override description =
    'The log only grows: allocated ports are released, released ports are allocated again, moves are reversed. All events of a command are undone together. Fails if a later event depends on one of them.';
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
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Undo);
    await this.onRegistry(flags, async (registry) => {
      const { undone, ...outcome } = await registry.undo(args.target, commonOptions(flags));
      const text = undone
        .map((event) => renderEvent({ ...event, log: 'registry', commit: null, merge: null }))
        .join('\n');
      return writeAnswer(registry, outcome, { text: flags['dry-run'] ? '' : text, json: { undone } }, flags);
    });
  }
}
