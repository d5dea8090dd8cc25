/** No policy or service.json needs more; a parser that calls itself for each level runs out of stack at some thousand. */
const DEEPEST = 100;

/** Whether a JSON text is nested less than a hundred levels. Brackets in strings count too, as far as they do not close. */
export function shallow(text: string): boolean {
  let depth = 0;
  for (const character of text.replace(/"(?:[^"\\\n]|\\.)*"/g, '')) {
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    if (depth > DEEPEST) return false;
  }
  return true;
}
