/** Control characters other than line feed and tab, line separators, and what turns the direction of text around. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text that cannot steer a terminal: what could comes out as escapes. */
export function plain(text: string): string {
  return text.replace(STEERING, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : unicodeEscape(code);
  });
}

/** JSON that cannot steer a terminal, with escapes that JSON has. */
export function plainJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(STEERING, (character) =>
    unicodeEscape(character.charCodeAt(0)),
  );
}

/** Foreign text in a line of ours: it cannot make two of it. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n');
}

function unicodeEscape(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
