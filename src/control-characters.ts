/**
 * Control characters other than line feed and tab, line separators, and characters without width or that change the direction of text:
 * format characters (tags and soft hyphens among them), fillers, variation selectors that hide text, halves of surrogates.
 */
const STEERING =
  /(?![\n\t])(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\u034f|[\u115f\u1160\u3164\uffa0]|\u17b4|\u17b5|[\ufe00-\ufe0d]|[\u{e0100}-\u{e01ef}])/gu;

/** Escapes whatever could steer a terminal. */
export function escapeControlCharacters(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code);
  });
}

/** JSON that cannot steer a terminal: such characters are escaped as JSON allows. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(STEERING, (character) =>
    [...Array(character.length).keys()].map((at) => unicodeEscape(character.charCodeAt(at))).join(''),
  );
}

/** Foreign text for one line of output: line feeds are escaped. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

function unicodeEscape(code: number): string {
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
