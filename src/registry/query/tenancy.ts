import type { PortEvent } from '../../../events/event.js';
import { type LeaseFacts, leaseFacts } from '../../../events/lease.js';
import { namesAmong } from '../../../events/people.js';
import type { Verdict } from '../../log/verdict.js';
import type { EventWithOrigin } from '../state/history.js';

/** One holder of a port over time. What does not apply is null. */
export interface Tenancy extends LeaseFacts {
  resource: string;
  name: string;
  log: EventWithOrigin['log'];
  from: string;
  until: string | null;
  by: string;
  owner: string | null;
  reason: string | null;
  commit: string | null;
  /** Verdict on the signature of the grant; absent without one. */
  signature?: Verdict;
  merge: string | null;
  pullRequest: string | null;
  movedFrom: number | null;
  released: {
    by: string;
    reason: string | null;
    movedTo: number | null;
    commit: string | null;
  } | null;
}

/** Oldest first. Events that cannot be applied are skipped. */
export function tenanciesOf(events: EventWithOrigin[]): Tenancy[] {
  const holders: Tenancy[] = [];
  let current: Tenancy | undefined;
  const nameOf = namesAmong(events.map(({ by }) => by));
  for (const event of events) {
    if (event.type === 'port.allocated' || event.type === 'port.registered') {
      current = holderFrom(event, nameOf(event.by));
      holders.push(current);
      continue;
    }
    if (!current || current.resource !== event.resource || current.name !== event.name) continue;
    if (event.type === 'port.described') {
      current.owner = event.owner ?? current.owner;
      current.reason = event.reason ?? current.reason;
    } else if (event.type === 'port.renewed') {
      Object.assign(current, leaseFacts(event.lease));
    } else {
      current.until = event.at;
      const { by, reason = null, to: movedTo = null, commit } = event;
      current.released = { by: nameOf(by), reason, movedTo, commit };
      current = undefined;
    }
  }
  return holders;
}

function holderFrom(
  event: EventWithOrigin & Extract<PortEvent, { type: 'port.allocated' | 'port.registered' }>,
  by: string,
): Tenancy {
  return {
    resource: event.resource,
    name: event.name,
    log: event.log,
    from: event.at,
    until: null,
    by,
    owner: event.owner ?? null,
    reason: event.reason ?? null,
    ...leaseFacts('lease' in event ? event.lease : undefined),
    commit: event.commit,
    merge: event.merge,
    ...(event.signature && { signature: event.signature }),
    pullRequest: null,
    movedFrom: ('from' in event && event.from) || null,
    released: null,
  };
}

/**
 * The pull request that a commit's message speaks of: of a merge by GitHub, GitLab, Bitbucket or Gitea, or of a squash, whose
 * subject ends with the number. Undefined for any other.
 */
export function pullRequestIn(message: string): string | undefined {
  const [subject = ''] = message.split('\n', 1);
  const named = /^Merge pull request #(\d+)\b|\(pull request #(\d+)\)$|\(#(\d+)\)$/.exec(subject);
  const number = named?.[1] ?? named?.[2] ?? named?.[3];
  if (number !== undefined) return `#${number}`;
  const request = /^See merge request (?:\S*)!(\d+)$/m.exec(message)?.[1];
  return request === undefined ? undefined : `!${request}`;
}
