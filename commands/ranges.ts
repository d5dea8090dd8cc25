import { VportsCommand } from '../src/cli/command.js';
import { readFlags } from '../src/cli/read-flags.js';
import { hiddenNote, terminalWidth } from '../src/cli/terminal-width.js';
import { renderRanges } from '../src/render/ports.js';

export default class Ranges extends VportsCommand {
  static override summary = 'Show the ranges of the policy and how full each is';
  static override examples = ['<%= config.bin %> ranges', '<%= config.bin %> ranges --json'];
  static override flags = readFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(Ranges);
    await this.onRegistry(flags, async (registry) => {
      const ranges = await registry.ranges(flags);
      const { text, hidden } = renderRanges(ranges, terminalWidth());
      return { text, json: { ranges }, notes: hiddenNote(hidden) };
    });
  }
}
