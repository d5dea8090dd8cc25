import type { PortEvent } from '../../events/event.js';
import { namesAmong } from '../../events/people.js';
import type { Verdict } from '../log/verdict.js';

/** Event types by their number in the columns. */
export const TYPES = [
  'port.allocated',
  'port.registered',
  'port.described',
  'port.renewed',
  'port.released',
] as const satisfies PortEvent['type'][];

export const COMMIT_DIGITS = 12;
const NO_COMMIT = '0'.repeat(COMMIT_DIGITS);

/** In the column of lease ends: the lease lasts as long as its folder. */
export const UNTIL_FOLDER_IS_GONE = -1;

/** `signature` is absent for what is not signed. */
export type MappedEvent = PortEvent & {
  commit: string | null;
  pullRequest: string | null;
  signature?: Verdict;
};

const SIGNATURES = { signed: 'signed', unsigned: '', unknown: 'signed by a stranger', bad: 'badly signed' };

/**
 * Events in order of time, one column per fact: as objects, 100,000 of them would take forty megabytes. All columns except
 * `steps` and `commits` have one number per event. Texts are indexes into `strings`; index 0 is empty and means none.
 */
export interface Columns {
  strings: string[];
  /** Number of events per step: the events of a command are one step. */
  steps: number[];
  types: number[];
  /** Port times two, plus one for udp. */
  ports: number[];
  /** Milliseconds since the previous event; of the first event since 1970. */
  times: number[];
  resources: number[];
  names: number[];
  owners: number[];
  people: number[];
  reasons: number[];
  pullRequests: number[];
  signatures: number[];
  /** The other port of a move, 0 for none. */
  others: number[];
  /** End of the lease in seconds since 1970; 0 for no lease, or UNTIL_FOLDER_IS_GONE. */
  leases: number[];
  /** The first digits of all commits, concatenated; zeros if unknown. */
  commits: string;
}

/** `clean` makes foreign text safe to show. */
export function columnsOf(events: MappedEvent[], clean: (text: string) => string): Columns {
  const places = new Map<string, number>([['', 0]]);
  const placeOf = (text: string | null | undefined): number => {
    const known = places.get(text ?? '');
    if (known !== undefined) return known;
    places.set(text!, places.size);
    return places.size - 1;
  };
  const nameAmong = namesAmong(events.map(({ by }) => by));
  const column = (of: (event: MappedEvent, before: MappedEvent | undefined) => number) =>
    events.map((event, index) => of(event, events[index - 1]));
  const columns = {
    types: column(({ type }) => TYPES.indexOf(type)),
    ports: column(({ port, protocol }) => port * 2 + (protocol === 'udp' ? 1 : 0)),
    times: column(({ at }, before) => Date.parse(at) - (before ? Date.parse(before.at) : 0)),
    resources: column(({ resource }) => placeOf(resource)),
    names: column(({ name }) => placeOf(name)),
    owners: column((event) => placeOf('owner' in event ? event.owner : undefined)),
    people: column(({ by }) => placeOf(nameAmong(by))),
    reasons: column(({ reason }) => placeOf(reason)),
    pullRequests: column(({ pullRequest }) => placeOf(pullRequest)),
    signatures: column(({ signature }) => placeOf(signature && SIGNATURES[signature.is])),
    others: column((event) => ('from' in event && event.from) || ('to' in event && event.to) || 0),
    leases: column(leaseEnd),
    steps: stepsOf(events),
    commits: events.map(({ commit }) => commit?.slice(0, COMMIT_DIGITS) ?? NO_COMMIT).join(''),
  };
  return { strings: [...places.keys()].map(clean), ...columns };
}

function leaseEnd(event: MappedEvent): number {
  const lease = 'lease' in event ? event.lease : undefined;
  if (!lease) return 0;
  return lease.expires === null ? UNTIL_FOLDER_IS_GONE : Math.floor(Date.parse(lease.expires) / 1000);
}

function stepsOf(events: MappedEvent[]): number[] {
  const steps: number[] = [];
  for (const [index, { batch }] of events.entries()) {
    const isSame = batch !== undefined && batch === events[index - 1]?.batch;
    if (isSame) steps[steps.length - 1]! += 1;
    else steps.push(1);
  }
  return steps;
}
