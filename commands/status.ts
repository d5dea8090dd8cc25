import { hereFlags } from '../src/cli/here-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { renderStatus } from '../src/render/status.js';

export default registryCommand({
  summary: 'Show which registry, resource and ports apply here, and any problems',
  examples: ['vports status', 'vports status --json'],
  flags: hereFlags,
  async answer(registry, { flags }) {
    const status = await registry.status(flags);
    const { guess, ...json } = status;
    return {
      text: renderStatus(status),
      json,
      notes: guess === null ? [] : [`note: ${guess}`],
      exit: status.findings.some(({ level }) => level === 'problem') ? 1 : 0,
    };
  },
});
