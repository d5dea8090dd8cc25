import { formatPort } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import { formatDuration } from '../policy/duration.js';
import { isReserved, type Policy, type PolicyRange, rangeOf } from '../policy/policy.js';

/** Changes of a policy in words, and the held ports that it newly leaves outside: in no range, or reserved. */
export interface PolicyChanges {
  lines: string[];
  stranded: Holding[];
}

/** `before` is undefined for a registry's first policy. */
export function policyChanges(before: Policy | undefined, after: Policy, held: Holding[]): PolicyChanges {
  if (!before) return { lines: ['this is the first readable policy of the registry'], stranded: [] };
  const changed = (what: string, said: (policy: Policy) => string) => {
    const [was, is] = [said(before), said(after)];
    return was === is ? [] : [`${what}: ${was} -> ${is}`];
  };
  const lines = [
    ...rangeLines(before, after),
    ...orderLines(before, after),
    ...changed('default range', (it) => it.default),
    ...changed('default lease', ({ lease }) => formatDuration(lease.default)),
    ...changed('longest lease', ({ lease }) => formatDuration(lease.max)),
    ...reservedLines(before, after),
    ...changed('changes', ({ changes }) => changes),
    ...changed('signatures', ({ signatures }) => signatures),
    ...changed('kind of the host', ({ host }) => host ?? 'as its name says'),
    ...changed('commit subjects', ({ commits }) => commits?.subject ?? '{subject}'),
    ...changed('id of the registry', ({ id }) => id ?? 'none'),
    ...changed('README of a service', ({ documents }) => documents.readme),
  ];
  const isOutside = (policy: Policy, { port }: Holding) =>
    rangeOf(policy, port) === undefined || isReserved(policy, port);
  const stranded = held.filter(
    (it) => it.exception === undefined && isOutside(after, it) && !isOutside(before, it),
  );
  return { lines, stranded };
}

/** Held ports that a policy has no place for: in no range, or reserved and not requested from that range. */
export function heldOutside(policy: Policy, held: Holding[]): Holding[] {
  return held.filter(({ port, range, exception }) => {
    const own = rangeOf(policy, port);
    return exception === undefined && (own === undefined || (isReserved(policy, port) && range !== own.id));
  });
}

export function strandedLine(holding: Holding): string {
  return `${holding.resource} on ${formatPort(holding)} is now outside every range, or reserved`;
}

/** The first range that matches a name is its own. */
function orderLines(before: Policy, after: Policy): string[] {
  const ids = (one: Policy, other: Policy) =>
    one.ranges.flatMap(({ id }) => (other.ranges.some((it) => it.id === id) ? [id] : []));
  const isSame = ids(before, after).join() === ids(after, before).join();
  return isSame ? [] : [`order of ranges: ${ids(after, before).join(', ')}`];
}

function rangeLines(before: Policy, after: Policy): string[] {
  const was = new Map(before.ranges.map((it) => [it.id, it]));
  const is = new Map(after.ranges.map((it) => [it.id, it]));
  return [
    ...after.ranges.filter(({ id }) => !was.has(id)).map((it) => `new range ${it.id}: ${described(it)}`),
    ...before.ranges.filter(({ id }) => !is.has(id)).map((it) => `removed range ${it.id}: ${described(it)}`),
    ...after.ranges.flatMap((it) => {
      const old = was.get(it.id);
      return old && described(old) !== described(it)
        ? [`range ${it.id}: ${described(old)} -> ${described(it)}`]
        : [];
    }),
  ];
}

function described({ from, to, title, group, dynamic, reserved, match, owner }: PolicyRange): string {
  const facts = [
    dynamic ? 'dynamic' : '',
    reserved ? 'reserved' : '',
    match.length > 0 ? `for ${match.join(', ')}` : '',
    owner === undefined ? '' : `owner ${owner}`,
  ];
  return [`${from}-${to}`, `"${title}" in ${group}`, ...facts.filter(Boolean)].join(', ');
}

function reservedLines(before: Policy, after: Policy): string[] {
  const text = ({ reserved }: Policy) =>
    reserved.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`));
  const [was, is] = [text(before), text(after)];
  const gone = was.filter((it) => !is.includes(it));
  const came = is.filter((it) => !was.includes(it));
  return [
    ...(came.length > 0 ? [`newly reserved: ${came.join(', ')}`] : []),
    ...(gone.length > 0 ? [`no longer reserved: ${gone.join(', ')}`] : []),
  ];
}
