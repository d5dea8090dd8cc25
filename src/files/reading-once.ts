import { readRegularText } from './regular-file.js';

export type ReadText = (path: string) => string;

/** Reads each file once, for who looks at it from several sides. */
export function readingOnce(): ReadText {
  const known = new Map<string, string>();
  return (path) => {
    const text = known.get(path) ?? readRegularText(path);
    known.set(path, text);
    return text;
  };
}
