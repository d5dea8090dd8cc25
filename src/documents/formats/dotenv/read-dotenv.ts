import { type DocumentFormat, isPortVariable, isUdpVariable, placesIn } from '../port-entry.js';
import { literalOrWish } from '../port-literal.js';
import { addressNextTo } from '../variable-entries.js';

/** `KEY=value` lines as compose and dotenv read them; what is quoted over several lines is no port. */
const LINE =
  /^\uFEFF?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|"[^"]*"(?=[ \t]*(?:#.*)?\r?$)|'[^']*'(?=[ \t]*(?:#.*)?\r?$)|[^\s#]*)/gm;

/** `.env`, `.env.example`, `api.env`, `stack.env`, `web.env.example`, `.env-example`. */
export const dotenv: DocumentFormat = {
  id: 'dotenv',
  says: 'variable',
  matches: (name) =>
    /^(\.env([._-][\w.-]+)?|[\w.-]+\.env([._-](example|sample|dist|template|defaults?))?|env[._-](example|sample|dist|template))$/i.test(
      name,
    ),
  read(text) {
    const all = variablesIn(text);
    const values = new Map(all.map(({ variable, value }) => [variable, value]));
    return all.flatMap(({ variable, value, line, column, offset }) => {
      if (!isPortVariable(variable)) return [];
      const numeral = literalOrWish(value, offset);
      const protocol = isUdpVariable(variable) ? 'udp' : 'tcp';
      const address = addressNextTo(variable, values);
      return [{ protocol, side: 'host', variable, line, column, ...numeral, ...address }];
    });
  },
};

/** All variables of such a file, with the positions of their values. */
export function variablesIn(
  text: string,
): { variable: string; value: string; offset: number; line: number; column: number }[] {
  const place = placesIn(text);
  return [...text.matchAll(LINE)].map((match) => {
    const [whole, variable = '', value = ''] = match;
    const offset = match.index + whole.length - value.length;
    return { variable, value, offset, ...place(offset) };
  });
}
