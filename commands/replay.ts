import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { renderReplay } from '../src/render/replay.js';

export default registryCommand({
  summary: 'Replay the log from the start, event by event',
  description:
    'Prints each event with what it changed, oldest first. Exits 1 if an event broke a rule, and names the first one.',
  examples: ['vports replay', 'vports replay --until 2026-11-01'],
  flags: {
    at: readFlags.at,
    until: Flags.string({ description: 'until this time; same as --at' }),
  },
  before: ({ flags }) => ({ flags: { ...flags, at: flags.until ?? flags.at } }),
  async answer(registry, { flags }) {
    const { steps, ports, broken } = await registry.replay({ until: flags.at });
    const verdict = broken ? `${broken.code} at ${broken.event}: ${broken.message}` : 'no rule is broken';
    return {
      text: renderReplay({ steps }),
      json: { events: steps.map(({ event }) => event), state: { ports }, broken },
      notes: [`${steps.length} events, ${ports.length} ports held; ${verdict}`],
      exit: broken ? 1 : 0,
    };
  },
});
