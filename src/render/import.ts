import { labelOf } from '../../events/names.js';
import type { Imported, ImportItem } from '../registry/decide/import.js';
import { oneLine } from './plain.js';

/** A line an entry: what became of it, whose it is, and where it stands. */
export function renderImport({ imported, toAllocate, skipped, problems }: Imported, done: boolean): string {
  return [
    ...imported.map((it) =>
      line(done ? 'imported' : 'would import', it, it.exception ? `(${it.exception})` : ''),
    ),
    ...toAllocate.map((it) => line('to allocate', it, it.wish && it.wish !== 'auto' ? `in ${it.wish}` : '')),
    ...skipped.map((it) => line('skipped', it, `: ${it.why}`)),
    ...problems.map((it) => line(`problem ${it.code}`, it, `: ${it.why}`)),
  ].join('\n');
}

/** How many of each. */
export function summaryOf({ imported, toAllocate, skipped, problems }: Imported): string {
  const outside = imported.filter(({ exception }) => exception !== null).length;
  return [
    `${imported.length} imported${outside > 0 ? ` (${outside} outside the policy)` : ''}`,
    `${toAllocate.length} to allocate`,
    `${skipped.length} skipped`,
    `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
  ].join(', ');
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
