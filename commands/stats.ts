import { Flags } from '../src/cli/oclif.js';
import { formatFlag } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { terminalWidth } from '../src/cli/terminal-width.js';
import { renderStats, renderStatsCsv } from '../src/render/stats.js';

export default registryCommand({
  summary: 'Show range usage over time, ports per owner, and unused ports',
  description:
    'A port is unused if nothing has listened on it for --unused days. Only this machine is watched, starting with its first `vports stats`.',
  examples: ['vports stats', 'vports stats --unused 90 --format csv'],
  flags: {
    unused: Flags.integer({ min: 1, default: 30, description: 'days without a listener', helpValue: 'DAYS' }),
    format: formatFlag('tables with bars, or one CSV line per range', ['csv']),
  },
  async answer(registry, { flags }) {
    const json = await registry.stats({ unusedDays: flags.unused });
    const text =
      flags.format === 'csv'
        ? renderStatsCsv(json)
        : renderStats(json, { days: flags.unused, width: terminalWidth() });
    return { text, json };
  },
});
