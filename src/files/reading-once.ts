import { readRegularText } from './regular-file.js';

export type ReadText = (path: string) => string;

export function readingOnce(readText: ReadText = readRegularText): ReadText {
  const known = new Map<string, string>();
  return (path) => {
    const text = known.get(path) ?? readText(path);
    known.set(path, text);
    return text;
  };
}
