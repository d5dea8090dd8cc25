import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';
import { renderEvent } from '../src/render/events.js';

export default class Undo extends VportsCommand {
  static override summary = 'Undo a command with compensating events';
  static override description =
    'Nothing is ever taken out of the log: what was granted is released, what was released is granted again, a move goes back. A command is undone whole. Refused where a later event depends on it.';
  static override examples = [
    '<%= config.bin %> undo 3f14a6ebab',
    '<%= config.bin %> undo 01M84MKVF8H6CRPXW55GTFNWNN --reason "wrong cluster"',
  ];
  static override args = {
    target: Args.string({ required: true, description: 'an event, by its id or path, or a commit' }),
  };
  static override flags = {
    ...writeFlags,
    dir: Flags.string({ description: 'the folder of the resource, with its service.json and README' }),
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
