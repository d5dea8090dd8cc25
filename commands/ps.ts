import { setTimeout as pause } from 'node:timers/promises';
import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { hiddenNote, terminalWidth } from '../src/cli/terminal-width.js';
import { renderRunning } from '../src/render/running.js';

/** In milliseconds. Each look walks the open files of all processes, so it is not shorter. */
const INTERVAL = 2_000;

/** Cursor home, then clear to the end of the screen. */
const CLEAR = '\u001b[H\u001b[J';

export default class Ps extends VportsCommand {
  static override summary = 'Show what is running on held ports';
  static override description =
    'Lists every listener of this machine on a held port: URL, resource, process, start time, folder and project. Warns if a listener belongs to another resource than the one that holds the port.';
  static override examples = ['vports ps', 'vports ps --all', 'vports ps --watch'];
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'also show listeners on ports that nobody holds' }),
    watch: Flags.boolean({
      char: 'w',
      description: 'refresh every two seconds, until Ctrl-C',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Ps);
    let before: string | undefined;
    do {
      if (before !== undefined) await pause(INTERVAL);
      await this.onRegistry({ ...flags, pager: flags.pager && !flags.watch }, async (registry) => {
        const { running, warnings } = await registry.ps(flags);
        const { text, hidden } = renderRunning(running, terminalWidth());
        const answer = JSON.stringify({ running, warnings });
        if (answer === before) return {};
        before = answer;
        if (flags.watch && process.stdout.isTTY) process.stdout.write(CLEAR);
        const none = flags.all ? 'nothing is listening' : 'nothing is listening on a held port';
        const notes = running.length === 0 ? [none] : hiddenNote(hidden);
        return { text: running.length === 0 ? '' : text, json: { running, warnings }, warnings, notes };
      });
    } while (flags.watch);
  }
}
