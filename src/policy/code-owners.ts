import { EVENTS } from '../../events/event-path.js';
import { HIGHEST_PORT } from '../../events/port.js';
import type { Bounds, Policy } from './policy.js';

/** Where hosts look for the file. */
export const OWNER_FILES = [
  '.github/CODEOWNERS',
  'CODEOWNERS',
  '.gitea/CODEOWNERS',
  '.gitlab/CODEOWNERS',
  'docs/CODEOWNERS',
];

const BEGIN = '# vports: owners of ranges';
const END = '# vports: end';

/** `@name`, `@org/team` or an e-mail address: what a host can ask. */
const OWNER = /^(@[\w.-]+(\/[\w.-]+)*|[\w.+-]+@[\w-]+(\.[\w-]+)+)$/;

/**
 * The text with the owners of ranges in its block, which is added where the text has none. Patterns are those of .gitignore; Gitea and
 * Forgejo take regular expressions (docs.gitea.com/usage/code-owners). Undefined for a block without its end.
 */
export function withRangeOwners(
  text: string,
  { ranges }: Pick<Policy, 'ranges'>,
  { regExp }: { regExp: boolean },
): string | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text.split(/\r?\n/);
  const wanted = ranges.flatMap(({ owner = '', ...bounds }) =>
    OWNER.test(owner) ? foldersOf(bounds).map((it) => `${regExp ? `${it}.*` : `/${it}`} ${owner}`) : [],
  );
  const begin = lines.indexOf(BEGIN);
  const end = lines.indexOf(END, begin);
  if (begin < 0 && wanted.length === 0) return text;
  if (begin >= 0 && end < 0) return undefined;
  const block = [BEGIN, ...wanted, END];
  if (begin >= 0) return [...lines.slice(0, begin), ...block, ...lines.slice(end + 1)].join(eol);
  const before = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return [...before, ...block, ''].join(eol);
}

/**
 * Those of CODEOWNERS who are asked about ports of these owners: `@acme/web` for `@acme/web` and for `web`. Who is not in the file, which is
 * reviewed as a branch is not, is asked nothing.
 */
export function ownersNamed(text: string, owners: readonly string[]): string[] {
  const rules = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  const words = rules.flatMap((line) => line.split(/\s+/).slice(1));
  const named = new Set(words.filter((it) => OWNER.test(it)));
  const wanted = new Set(owners.map((it) => it.toLowerCase()));
  return [...named].filter((it) => {
    const whole = it.toLowerCase();
    return wanted.has(whole) || (it.startsWith('@') && wanted.has(whole.slice(1).split('/').at(-1)!));
  });
}

/** The fewest folders of events that hold a range: of a thousand ports, of a hundred, of one. */
function foldersOf(bounds: Bounds): string[] {
  return (['tcp', 'udp'] as const).flatMap((protocol) =>
    [...partsOf(bounds)].map((it) => `${EVENTS}/${protocol}/${it}/`),
  );
}

function* partsOf({ from, to }: Bounds): Generator<string> {
  for (let port = from; port <= to; ) {
    const startOf = (size: number) => port - (port % size);
    const isWhole = (size: number) =>
      port === Math.max(startOf(size), 1) && Math.min(startOf(size) + size - 1, HIGHEST_PORT) <= to;
    const size = [1000, 100].find(isWhole) ?? 1;
    const digits = String(port).padStart(5, '0');
    const folders = [`${digits.slice(0, 2)}xxx`, `${digits.slice(0, 3)}xx`, digits];
    yield folders.slice(0, size === 1000 ? 1 : size === 100 ? 2 : 3).join('/');
    port = startOf(size) + size;
  }
}
