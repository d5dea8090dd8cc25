/** No policy or service.json needs more; a recursive parser overflows its stack at some thousand levels. */
const DEEPEST = 100;

/** Whether a JSON text is nested at most a hundred levels deep. Unbalanced brackets in strings may count too. */
export function shallow(text: string): boolean {
  let depth = 0;
  for (const character of text.replace(/"(?:[^"\\\n]|\\.)*"/g, '')) {
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    if (depth > DEEPEST) return false;
  }
  return true;
}
