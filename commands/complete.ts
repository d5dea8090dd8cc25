import { VportsCommand } from '../src/cli/command.js';
import { candidatesFor } from '../src/cli/complete.js';
import { oneLine } from '../src/control-characters.js';

/** What the scripts of `completion` ask: a line a candidate, with what it is behind a tab. */
export default class Complete extends VportsCommand {
  static override summary = 'Answer the completion of a shell';
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
