/** Digits of a text, and what takes their place. */
export interface Replacement {
  digits: { offset: number; length: number };
  wanted: number;
}

/** A text with these numbers put in place. Several services may have one list through an alias: its digits are replaced once. */
export function replaceDigits(text: string, replacements: readonly Replacement[]): string {
  const once = new Map(replacements.map((it) => [it.digits.offset, it]));
  let result = text;
  for (const { digits, wanted } of [...once.values()].sort((a, b) => b.digits.offset - a.digits.offset))
    result = result.slice(0, digits.offset) + wanted + result.slice(digits.offset + digits.length);
  return result;
}
