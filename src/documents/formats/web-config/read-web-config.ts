import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';

/** `port: 3001`, `port: Number(process.env.PORT) || 3001`, `"port": 4200`. */
const PORT = /(?<![\w.])["']?port["']?\s*:\s*(?:[\w.?() '"]*(?:\|\||\?\?)\s*)?["']?(\d{2,5})(?![\w.])/g;
/** The object that a key is in, by the braces before it. */
const OPENED = /(?:["']?([A-Za-z_]\w*)["']?\s*[:=]\s*)?(?:\w+\s*\()?\s*[[{]|[\]}]/g;
/** Objects that say where a program listens: any other one may be a client's. */
const SERVERS: Record<string, string | undefined> = {
  server: undefined,
  devServer: undefined,
  webServer: undefined,
  serve: undefined,
  options: undefined,
  preview: 'preview',
  hmr: 'hmr',
};

/** Configuration of development servers: vite, nuxt, next, webpack, angular, astro, playwright (their reference, "server.port"). */
export const webConfig: DocumentFormat = {
  id: 'web-config',
  says: 'option',
  matches: (name) =>
    /^(vite|vitest|nuxt|next|astro|svelte|webpack(\.\w+)?|rsbuild|rspack|vue|playwright|craco|quasar|remix|react-router|angular)(\.config)?\.([cm]?[jt]s|json)$/.test(
      name,
    ),
  fits: (text) => /\bport\b/.test(text),
  read(text) {
    const place = placesIn(text);
    return [...text.matchAll(PORT)].flatMap((match): PortEntry[] => {
      const key = enclosing(text.slice(0, match.index));
      if (key === undefined || !Object.hasOwn(SERVERS, key) || isComment(text, match.index)) return [];
      const name = SERVERS[key];
      const digits = match[1]!;
      const offset = match.index + match[0].length - digits.length;
      return portHere(digits, offset, place, name === undefined ? {} : { name });
    });
  },
};

/** The nearest key whose object is not closed again. */
function enclosing(before: string): string | undefined {
  const open: (string | undefined)[] = [];
  for (const match of before.matchAll(OPENED)) {
    if (/[\]}]$/.test(match[0])) open.pop();
    else open.push(match[1]);
  }
  return open.findLast((it) => it !== undefined);
}

function isComment(text: string, offset: number): boolean {
  return /^\s*(\/\/|\*|\/\*)/.test(text.slice(text.lastIndexOf('\n', offset) + 1, offset + 1));
}
