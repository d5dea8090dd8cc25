import { type DocumentFormat, isPortVariable, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';

/** `KEY=value` lines as compose and dotenv read them; what is quoted over several lines is no port. */
const LINE =
  /^\uFEFF?[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|"[^"]*"(?=[ \t]*(?:#.*)?\r?$)|'[^']*'(?=[ \t]*(?:#.*)?\r?$)|[^\s#]*)/gm;

/** `.env`, `.env.example`, `api.env`. */
export const dotenv: DocumentFormat = {
  id: 'dotenv',
  matches: (name) => /^(\.env(\.[\w.-]+)?|[\w.-]+\.env)$/.test(name),
  read(text) {
    const place = placesIn(text);
    return [...text.matchAll(LINE)].flatMap((match) => {
      const [whole, variable = '', value = ''] = match;
      if (!isPortVariable(variable)) return [];
      const offset = match.index + whole.length - value.length;
      const numeral = portLiteralIn(value, offset);
      const wish = numeral?.port === undefined && { wish: value.replace(/["']/g, '') };
      const protocol = /_UDP$/i.test(variable) ? 'udp' : 'tcp';
      return [{ protocol, side: 'host', variable, ...place(offset), ...numeral, ...wish }];
    });
  },
};
