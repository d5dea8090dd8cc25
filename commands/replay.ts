import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { renderReplay } from '../src/render/replay.js';

export default class Replay extends VportsCommand {
  static override summary = 'Fold the log from nothing, event by event';
  static override description =
    'Each event with what it changed, in the order of time. Exit 1 where the state broke a rule; the first event that broke it is named.';
  static override examples = ['<%= config.bin %> replay', '<%= config.bin %> replay --until 2026-11-01'];
  static override flags = {
    at: readFlags.at,
    until: Flags.string({ description: 'up to this moment; the same as --at' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Replay);
    const until = flags.until ?? flags.at;
    await this.onRegistry({ ...flags, at: until }, async (registry) => {
      const { steps, ports, broken } = await registry.replay({ until });
      const told = broken ? `${broken.code} at ${broken.event}: ${broken.message}` : 'no rule is broken';
      return {
        text: renderReplay({ steps }),
        json: { events: steps.map(({ event }) => event), state: { ports }, broken },
        story: [`${steps.length} events, ${ports.length} ports held; ${told}`],
        exit: broken ? 1 : 0,
      };
    });
  }
}
