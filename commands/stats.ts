import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { terminalWidth } from '../src/cli/terminal-width.js';
import { renderStats, renderStatsCsv } from '../src/render/stats.js';

export default class Stats extends VportsCommand {
  static override summary = 'Show how full the ranges are and were, who holds how many, and what is unused';
  static override description =
    'A claim is unused where nobody has been heard on it for so many days. That is known of this machine alone, from the first `vports stats` here on.';
  static override examples = ['<%= config.bin %> stats', '<%= config.bin %> stats --unused 90 --format csv'];
  static override flags = {
    unused: Flags.integer({ min: 1, default: 30, description: 'days without a listener', helpValue: 'DAYS' }),
    format: formatFlag('with bars, or a line a range', ['csv']),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Stats);
    await this.onRegistry(flags, async (registry) => {
      const json = await registry.stats({ unusedDays: flags.unused });
      const text =
        flags.format === 'csv'
          ? renderStatsCsv(json)
          : renderStats(json, { days: flags.unused, width: terminalWidth() });
      return { text, json };
    });
  }
}
