import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { terminalWidth } from '../src/cli/terminal-width.js';
import { renderStats, renderStatsCsv } from '../src/render/stats.js';

export default class Stats extends VportsCommand {
  static override summary = 'Show range usage over time, ports per owner, and unused ports';
  static override description =
    'A port is unused if nothing has listened on it for --unused days. Only this machine is watched, starting with its first `vports stats`.';
  static override examples = ['<%= config.bin %> stats', '<%= config.bin %> stats --unused 90 --format csv'];
  static override flags = {
    unused: Flags.integer({ min: 1, default: 30, description: 'days without a listener', helpValue: 'DAYS' }),
    format: formatFlag('tables with bars, or one CSV line per range', ['csv']),
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
