/**
 * Control characters other than line feed and tab, line separators, and all that has no width or turns the direction of text around:
 * format characters (tags and soft hyphens among them), fillers, variation selectors that hide text, halves of surrogates.
 */
const STEERING =
  /(?![\n\t])(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\u034f|[\u115f\u1160\u3164\uffa0]|\u17b4|\u17b5|[\ufe00-\ufe0d]|[\u{e0100}-\u{e01ef}])/gu;

/** Text that cannot steer a terminal: what could comes out as escapes. */
export function escapeControlCharacters(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code);
  });
}

/** JSON that cannot steer a terminal, with escapes that JSON has. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(STEERING, (character) =>
    [...Array(character.length).keys()].map((at) => unicodeEscape(character.charCodeAt(at))).join(''),
  );
}

/** Foreign text in a line of ours: it cannot make two of it. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

function unicodeEscape(code: number): string {
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
