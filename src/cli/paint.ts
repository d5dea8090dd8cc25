import { styleText } from 'node:util';

type Colour = Parameters<typeof styleText>[0];

const LEVELS: Record<string, Colour> = {
  error: 'red',
  problem: 'red',
  warning: 'yellow',
  note: 'cyan',
  fixed: 'green',
  OK: 'green',
};
const LEVEL = /^(error|problem|warning|note|fixed|OK)(?= |:)/gm;

/** By no-color.org and FORCE_COLOR. */
function showsColours(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR) return false;
  if (process.env.FORCE_COLOR) return process.env.FORCE_COLOR !== '0';
  return stream.isTTY === true && process.env.TERM !== 'dumb';
}

/** Colours the level words of a text, or all of it by `verdict`. The text must be escaped already. */
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
