import type { Exception, Person } from './envelope.js';
import type { Lease } from './lease.js';
import type { PortRef, Protocol } from './port.js';

/** A port held by somebody, since `since`, because of the event `event`. */
export interface Holding extends PortRef {
  resource: string;
  name: string;
  /** ISO time of the grant. */
  since: string;
  by: Person;
  /** Id of the event that granted it. */
  event: string;
  /** Whose name it is; undefined for one that belongs to no project. */
  project?: string;
  /** What the project calls the resource, where that is not `resource`. */
  local?: string;
  range?: string;
  owner?: string;
  reason?: string;
  lease?: Lease;
  /** The host that renewed the lease last, where that is another one than granted it: a process of it runs there. */
  renewedOn?: string;
  exception?: Exception;
}

/** One port's history folded up to `version`. */
export interface Stream {
  protocol: Protocol;
  port: number;
  version: number;
  /** Id of the newest event. */
  last: string;
  /** ISO time of the newest event. */
  at: string;
  /** With `unsound` whom the newest event speaks of, who holds nothing. */
  holding: Holding | null;
  /** What is wrong with an event that could not follow. Only a release may follow it, and then the stream is sound again. */
  unsound?: string | undefined;
}

/** What is wrong with a stream that cannot be folded, and who held the port as far as it can be read: one, where two claims were merged into one file all of them. */
export interface Damage {
  message: string;
  holders: { resource: string; name: string }[];
  /**
   * What mends it: any write to the port, in whose commit what counts is `restored` (who holds it by that stands among what is held);
   * or a release, by which an unsound event is `ended`.
   */
  mendable?: 'restored' | 'ended' | undefined;
}

/** Why a lease in a log that others read is no sound event. */
export const LEASE_IN_SHARED_LOG = 'is a lease, and those are in the log of one machine only';

/** The event cannot follow what came before it in its stream. */
export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
  constructor(
    readonly problem: 'VERSION_GAP' | 'PREV_MISMATCH' | 'PATH_MISMATCH' | 'NOT_CANONICAL' | 'BAD_EVENT',
    message: string,
  ) {
    super(message);
  }
}
