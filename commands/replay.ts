import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { renderReplay } from '../src/render/replay.js';

export default class Replay extends VportsCommand {
  static override summary = 'Replay the log from the start, event by event';
  static override description =
    'Prints each event with what it changed, oldest first. Exits 1 if an event broke a rule, and names the first one.';
  static override examples = ['<%= config.bin %> replay', '<%= config.bin %> replay --until 2026-11-01'];
  static override flags = {
    at: readFlags.at,
    until: Flags.string({ description: 'until this time; same as --at' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Replay);
    const until = flags.until ?? flags.at;
    await this.onRegistry({ ...flags, at: until }, async (registry) => {
      const { steps, ports, broken } = await registry.replay({ until });
      const verdict = broken ? `${broken.code} at ${broken.event}: ${broken.message}` : 'no rule is broken';
      return {
        text: renderReplay({ steps }),
        json: { events: steps.map(({ event }) => event), state: { ports }, broken },
        notes: [`${steps.length} events, ${ports.length} ports held; ${verdict}`],
        exit: broken ? 1 : 0,
      };
    });
  }
}
