import { labelOf } from '../../events/names.js';
import { formatPort, type PortRef } from '../../events/port.js';
import type { Listener } from '../host/listener.js';
import type { OpenClaim } from '../log/event-log.js';
import type { Check } from '../registry/query/check.js';
import type { ListedPort, RangeUse } from '../registry/query/queries.js';
import { markdownTable } from './markdown.js';
import { oneLine } from './plain.js';
import { runsOf, spanOf } from './runs.js';
import { csv, table } from './table.js';

const HEADING = ['PORT', 'RESOURCE', 'NAME', 'RANGE', 'OWNER', 'SINCE', 'BY', 'LEASE UNTIL', 'LOG'];

export type ListFormat = 'table' | 'csv' | 'markdown';

export function renderList(ports: ListedPort[], format: ListFormat): string {
  if (format === 'csv') {
    const heading = [
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
    ];
    return csv(
      heading,
      ports.map((it) => heading.map((key) => it[key as keyof ListedPort])),
    );
  }
  const alike = (it: ListedPort) =>
    JSON.stringify([it.range, it.owner, it.since, it.by, it.reason, it.lease, it.log]);
  const rows = runsOf(ports, alike).map((run) => {
    const [it] = run as [ListedPort];
    return rowOf(
      it,
      run.length > 1 ? spanOf(run) : formatPort(it),
      run.length > 1 ? `${run.length} ports` : it.name,
    );
  });
  return format === 'markdown' ? markdownTable(HEADING, rows) : table(HEADING, rows);
}

function rowOf(it: ListedPort, port: string, name: string): string[] {
  return [
    port,
    it.resource,
    name,
    it.range ?? '-',
    it.owner ?? '-',
    it.since.slice(0, 10),
    it.by,
    it.lease ? minute(it.lease) : '-',
    it.log,
  ];
}

/** A line a claim of an open branch. */
export function renderClaims(claims: (PortRef & OpenClaim)[]): string[] {
  return claims.map((it) =>
    oneLine(`${formatPort(it)} is wanted by ${labelOf(it)} on the branch ${it.branch}, which is not merged`),
  );
}

export function renderRanges(ranges: RangeUse[]): string {
  const rows = ranges.map((it) => {
    const kind = it.reserved ? 'reserved' : it.dynamic ? 'dynamic' : '';
    return [it.id, `${it.from}-${it.to}`, it.allocated, it.free, kind, it.title];
  });
  return table(['RANGE', 'PORTS', 'HELD', 'FREE', 'KIND', 'FOR'], rows);
}

/** The one-line answer of `check`. */
export function renderCheck(check: Check): string {
  if (check.holder) return check.holder.resource;
  if (check.verdict === 'claimed')
    return oneLine(`claimed by ${labelOf(check.claim!)} on the branch ${check.claim!.branch}`);
  if (check.verdict !== 'in-use') return check.verdict;
  return `in use by ${[...new Set(check.listeners.map(renderListener))].join('; ')}`;
}

/** `node server.js (pid 4711, ada) on 127.0.0.1`, as far as it can be seen. */
export function renderListener({ process, pid, user, container, address, connected }: Listener): string {
  const who = process === null ? 'a process that cannot be seen from here' : short(process);
  const facts = [
    pid === null ? '' : `pid ${pid}`,
    user ?? '',
    container ? `container ${container}` : '',
  ].filter(Boolean);
  const where = address === null ? '' : connected ? ` as its own end of a connection` : ` on ${address}`;
  return oneLine(`${who}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}${where}`);
}

function short(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}

export function minute(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)}Z`;
}
