import { setTimeout as pause } from 'node:timers/promises';
import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { terminalWidth, toldHidden } from '../src/cli/terminal-width.js';
import { renderRunning } from '../src/render/running.js';

/** Between two looks, in milliseconds: each goes through the open files of all processes. */
const INTERVAL = 2_000;

/** Moves a terminal's cursor to its first place, and clears what follows. */
const CLEAR = '\u001b[H\u001b[J';

export default class Ps extends VportsCommand {
  static override summary = 'Show what runs now on the ports that are held';
  static override description =
    'Every listener of this machine that a claim or a lease covers: its URL, resource, process, since when, folder and project. A listener that is known to run for another resource is warned of.';
  static override examples = [
    '<%= config.bin %> ps',
    '<%= config.bin %> ps --all',
    '<%= config.bin %> ps --watch',
  ];
  static override flags = {
    all: Flags.boolean({ char: 'a', description: 'also what listens on ports that nobody holds' }),
    watch: Flags.boolean({
      char: 'w',
      description: 'look every two seconds, and print what has changed, until Ctrl-C',
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
        const none = flags.all ? 'nothing listens' : 'nothing listens on a port that is held';
        const story = running.length === 0 ? [none] : toldHidden(hidden);
        return { text: running.length === 0 ? '' : text, json: { running, warnings }, warnings, story };
      });
    } while (flags.watch);
  }
}
