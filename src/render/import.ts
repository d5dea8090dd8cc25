import { labelOf } from '../../events/names.js';
import { oneLine } from '../control-characters.js';
import { countsBy, grouped } from '../grouped.js';
import type { Imported, ImportItem } from '../registry/decide/import.js';

/** Longer output is summarized by folder, unless all is asked for. */
const A_SCREEN = 40;
const INSIDE = 'inside a container';

/**
 * One line per entry. Problems are always listed, grouped by what they conflict over; entries inside containers are only counted, and
 * long lists are summarized, unless `all`.
 */
export function renderImport(
  { imported, toAllocate, skipped, problems }: Imported,
  { done, all = false }: { done: boolean; all?: boolean | undefined },
): string {
  const shown = all ? skipped : skipped.filter(({ why }) => why !== INSIDE);
  const inside = skipped.length - shown.length;
  const groups = [
    { what: done ? 'imported' : 'would import', items: imported, lines: importedLines(imported, done) },
    { what: 'to allocate', items: toAllocate, lines: toAllocate.map(wishLine) },
    { what: 'skipped', items: shown, lines: shown.map((it) => line('skipped', it, `: ${it.why}`)) },
  ];
  const isLong = !all && groups.reduce((sum, { lines }) => sum + lines.length, 0) > A_SCREEN;
  return [
    ...groups.flatMap(({ what, items, lines }) => (isLong ? byFolder(what, items) : lines)),
    ...(inside > 0 ? [`skipped ${inside} inside containers`] : []),
    ...problemLines(problems),
  ].join('\n');
}

function wishLine(it: ImportItem): string {
  return line('to allocate', it, it.wish && it.wish !== 'auto' ? `in ${it.wish}` : '');
}

/** A range in a document is one line. */
function importedLines(items: ImportItem[], done: boolean): string[] {
  const what = done ? 'imported' : 'would import';
  const lines: string[] = [];
  for (let at = 0; at < items.length; ) {
    let end = at;
    while (items[end + 1] && follows(items[end]!, items[end + 1]!)) end++;
    const [first, last] = [items[at]!, items[end]!];
    const exception = first.exception ? ` (${first.exception})` : '';
    const range = `${first.port}-${last.port}/${first.protocol} ${first.resource}`;
    lines.push(
      end > at
        ? oneLine(`${what} ${range} ${first.file}:${first.line}${exception}`)
        : line(what, first, exception.trim()),
    );
    at = end + 1;
  }
  return lines;
}

function follows(one: ImportItem, next: ImportItem): boolean {
  const isSame = one.file === next.file && one.line === next.line && one.column === next.column;
  return isSame && one.resource === next.resource && one.port !== null && next.port === one.port + 1;
}

/** `imported 24: services/web 20, services/db 4`. */
function byFolder(what: string, items: ImportItem[]): string[] {
  if (items.length === 0) return [];
  const counts = countsBy(items, ({ file }) => file.split('/').slice(0, -1).slice(0, 2).join('/') || '.');
  const most = [...counts].sort((a, b) => b[1] - a[1]);
  const rest = most.slice(8).reduce((sum, [, count]) => sum + count, 0);
  const named = most.slice(0, 8).map(([folder, count]) => `${folder} ${count}`);
  return [
    oneLine(`${what} ${items.length}: ${[...named, ...(rest > 0 ? [`others ${rest}`] : [])].join(', ')}`),
  ];
}

/** Problems about one port, or one name, share a line. */
function problemLines(problems: ImportItem[]): string[] {
  const about = (it: ImportItem) => {
    if (it.code === 'CONFLICT') return `${it.port}/${it.protocol}`;
    return it.code === 'DOUBLE_NAME' ? labelOf(it) : `${it.file}:${it.line}:${it.column} ${it.name}`;
  };
  return [...grouped(problems, (it) => `${it.code} ${about(it)}`).values()].map((own) => {
    const [first] = own as [ImportItem];
    if (own.length === 1) return line(`problem ${first.code}`, first, `: ${first.why}`);
    const rivals = own.map((it) =>
      first.code === 'CONFLICT'
        ? `${labelOf(it)} ${it.file}:${it.line}`
        : `${it.port}/${it.protocol} ${it.file}:${it.line}`,
    );
    const verb = first.code === 'CONFLICT' ? `${about(first)} is claimed by` : `${labelOf(first)} has`;
    return oneLine(`problem ${first.code}: ${verb} ${rivals.join(', ')}`);
  });
}

export function summaryOf({ imported, toAllocate, skipped, problems }: Imported): string {
  const outside = imported.filter(({ exception }) => exception !== null).length;
  return [
    `${imported.length} imported${outside > 0 ? ` (${outside} outside the policy)` : ''}`,
    `${toAllocate.length} to allocate`,
    `${skipped.length} skipped`,
    countOf(problems.length, 'problem'),
  ].join(', ');
}

/** What an import did, and the next step. */
export function closingOf(
  { imported, toAllocate, problems }: Imported,
  { done, next }: { done: boolean; next: string },
): string {
  const ports = countOf(imported.length, 'port');
  const outcome = done ? `registered ${imported.length > 0 ? ports : 'no new port'}` : 'nothing was written';
  if (problems.length > 0)
    return `${outcome}; fix the ${countOf(problems.length, 'problem')} above and import again`;
  if (toAllocate.length > 0)
    return `${outcome}; add --allocate to allocate ${countOf(toAllocate.length, 'port')} more`;
  if (!done) return `${outcome}; without --dry-run this registers ${ports}`;
  return `${outcome}; ${next}`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function line(
  what: string,
  { file, line: at, column, resource, name, port, protocol, code }: ImportItem,
  more: string,
): string {
  const number = port === null ? '' : ` ${port}/${protocol}`;
  const who = resource === '' ? '' : ` ${labelOf({ resource, name })}`;
  return oneLine(
    `${what}${number}${who} ${file}:${at}${code === 'UNREADABLE' ? `:${column}` : ''}${more.startsWith(':') ? more : more && ` ${more}`}`,
  );
}
