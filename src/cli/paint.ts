import { styleText } from 'node:util';

type Colour = Parameters<typeof styleText>[0];

/** First words of a line that say how bad it is. */
const LEVELS: Record<string, Colour> = {
  error: 'red',
  problem: 'red',
  warning: 'yellow',
  note: 'cyan',
  mended: 'green',
  OK: 'green',
};
const LEVEL = /^(error|problem|warning|note|mended|OK)(?= |:)/gm;

/** Whether a terminal reads it that shows colours: as no-color.org and FORCE_COLOR have it. */
function showsColours(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0';
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** Text that is safe to print already, with its verdicts in colour. `verdict` is that of a text as a whole. */
export function painted(stream: NodeJS.WriteStream, text: string, verdict?: boolean | undefined): string {
  if (!showsColours(stream)) return text;
  const style = (colour: Colour, word: string) => styleText(colour, word, { validateStream: false });
  if (verdict !== undefined)
    return text
      .split('\n')
      .map((line) => style(verdict ? 'green' : 'red', line))
      .join('\n');
  return text.replace(LEVEL, (word) => style(LEVELS[word]!, word));
}
