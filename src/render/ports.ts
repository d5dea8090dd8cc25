import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import { describeListener } from '../host/describe-listener.js';
import type { Check } from '../registry/query/check.js';
import type { ClaimedPort, ListedPort, RangeUse } from '../registry/query/queries.js';
import { requestInWords } from '../registry/query/request-words.js';
import type { BranchRequest } from '../registry/state/kept-requests.js';
import { markdownTable } from '../review/markdown.js';
import { runsOf, spanOf } from './runs.js';
import { csv, fitTable } from './table.js';

export const COLUMNS = [
  'port',
  'protocol',
  'resource',
  'name',
  'range',
  'owner',
  'since',
  'by',
  'reason',
  'lease',
  'log',
  'folder',
  'project',
  'local',
] as const;

export type Column = (typeof COLUMNS)[number];

/** The default columns of a table; the others are too wide for most terminals. */
const USUAL: Column[] = COLUMNS.filter(
  (it) => !['protocol', 'reason', 'folder', 'project', 'local'].includes(it),
);

export type ListFormat = 'table' | 'csv' | 'markdown';

/** `hidden`: headings that do not fit into `width`. */
export function renderList(
  ports: ListedPort[],
  {
    format,
    columns,
    width,
  }: { format: ListFormat; columns?: Column[] | undefined; width?: number | undefined },
): { text: string; hidden: string[] } {
  if (format === 'csv') {
    const keys = columns ?? [...COLUMNS];
    const rows = ports.map((it) => keys.map((key) => it[key]));
    return { text: csv(keys, rows), hidden: [] };
  }
  const alike = ({ port: _, name: __, ...facts }: ListedPort) => JSON.stringify(facts);
  const keys = columns ?? USUAL;
  const rows = runsOf(ports, alike).map((run) => {
    const [it] = run as [ListedPort];
    const { port, name, ...cells } = cellsOf(it);
    const all =
      run.length > 1
        ? { ...cells, port: spanOf(run), name: `${run.length} ports` }
        : { ...cells, port, name };
    return keys.map((key) => all[key]);
  });
  const heading = keys.map((key) => (key === 'lease' ? 'LEASE UNTIL' : key.toUpperCase()));
  if (format === 'markdown') return { text: markdownTable(heading, rows), hidden: [] };
  return fitTable(heading, rows, width);
}

function cellsOf(it: ListedPort): Record<Column, string> {
  return {
    port: formatPort(it),
    protocol: it.protocol,
    resource: it.resource,
    name: it.name,
    range: it.range ?? '-',
    owner: it.owner ?? '-',
    since: it.since.slice(0, 10),
    by: it.by,
    reason: it.reason ?? '-',
    lease: it.lease ? minute(it.lease) : it.folder ? `folder ${it.folder}` : '-',
    log: it.log === 'machine' ? 'this machine' : it.log,
    folder: it.folder ?? '-',
    project: it.project ?? '-',
    local: it.local ?? it.resource,
  };
}

export function renderClaims(claims: ClaimedPort[]): string[] {
  return claims.map((it) => {
    const request = it.request ? `; ${requestInWords(it.request)}` : '';
    return oneLine(`branch ${it.branch} (unmerged${request}) claims ${formatPort(it)} for ${labelOf(it)}`);
  });
}

export function renderRequests(requests: BranchRequest[]): string[] {
  return requests.map((it) => oneLine(`branch ${it.branch}, ${requestInWords(it)}  ${it.url}`.trimEnd()));
}

export function renderRanges(ranges: RangeUse[], width?: number): { text: string; hidden: string[] } {
  const haveOwners = ranges.some(({ owner }) => owner !== undefined);
  const rows = ranges.map((it) => {
    const kind = it.reserved ? 'reserved' : it.dynamic ? 'dynamic' : '';
    const owner = haveOwners ? [it.owner ?? ''] : [];
    return [it.id, `${it.from}-${it.to}`, it.allocated, it.free, kind, ...owner, it.title];
  });
  const owner = haveOwners ? ['OWNER'] : [];
  return fitTable(['RANGE', 'PORTS', 'HELD', 'FREE', 'KIND', ...owner, 'FOR'], rows, width);
}

/** The one-line answer of `check`. */
export function renderCheck(check: Check): string {
  if (check.holder) return check.holder.resource;
  if (check.verdict === 'claimed')
    return oneLine(`claimed by ${labelOf(check.claim!)} on branch ${check.claim!.branch}`);
  if (check.verdict !== 'in-use') return check.verdict;
  return `in use by ${[...new Set(check.listeners.map(describeListener))].join('; ')}`;
}

/** `2026-11-23 14:02Z`. */
export function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
}
