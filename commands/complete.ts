import { VportsCommand } from '../src/cli/command.js';
import { candidatesFor } from '../src/cli/complete.js';
import { oneLine } from '../src/control-characters.js';

/** Called by the scripts of `completion`. Prints one candidate per line: its value, a tab, its description. */
export default class Complete extends VportsCommand {
  static override summary = 'Print completion candidates for a shell';
  static override hidden = true;
  static override strict = false;

  async run(): Promise<void> {
    const split = this.argv.indexOf('--');
    const { flags } = await this.parse(Complete, this.argv.slice(0, Math.max(0, split)));
    const candidates = await candidatesFor(this.argv.slice(split + 1));
    const text = candidates.map(({ value, about }) => `${oneLine(value)}\t${oneLine(about)}`).join('\n');
    this.print({ text, json: { candidates } }, flags);
  }
}
