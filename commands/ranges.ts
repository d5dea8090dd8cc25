import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { hiddenNote, terminalWidth } from '../src/cli/terminal-width.js';
import { renderRanges } from '../src/render/ports.js';

export default registryCommand({
  summary: 'Show the ranges of the policy and how full each is',
  examples: ['vports ranges', 'vports ranges --json'],
  flags: readFlags,
  async answer(registry, { flags }) {
    const ranges = await registry.ranges(flags);
    const { text, hidden } = renderRanges(ranges, terminalWidth());
    return { text, json: { ranges }, notes: hiddenNote(hidden) };
  },
});
