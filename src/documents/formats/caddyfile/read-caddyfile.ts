import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';

/** Site addresses, at the left of a line and before its brace (caddyserver.com/docs/caddyfile/concepts, "Addresses"). */
const SITES = /^([^\s#{}(][^#{}\n]*)\{[ \t]*$/gm;
const ADDRESS = /^(?:https?:\/\/)?(?:\[[0-9a-fA-F:]+\]|[\w.*-]*)?:(\d{2,5})(?=\/|$)/;

/** The ports that Caddy serves sites on; those it passes requests on to are others'. */
export const caddyfile: DocumentFormat = {
  id: 'caddyfile',
  says: 'option',
  matches: (name) => /^(Caddyfile(\.[\w-]+)?|[\w.-]+\.caddyfile)$/i.test(name),
  read(text) {
    const place = placesIn(text);
    return sitesIn(text).flatMap((match) =>
      [...match[1]!.matchAll(/[^\s,]+/g)].flatMap((word): PortEntry[] => {
        const digits = ADDRESS.exec(word[0])?.[1];
        if (digits === undefined) return [];
        const offset = match.index + word.index + word[0].indexOf(`:${digits}`) + 1;
        return [{ ...place(offset), protocol: 'tcp', side: 'host', ...portLiteralIn(digits, offset) }];
      }),
    );
  },
};

/** Without braces a file has one site, whose addresses are its first line; what follows are directives. */
function sitesIn(text: string): RegExpExecArray[] {
  const first = /^(?![ \t]*(?:#|\r?$))([^\n]*)/m.exec(text);
  return first && !/\{[ \t]*\r?$/.test(first[1]!) ? [first] : [...text.matchAll(SITES)];
}
