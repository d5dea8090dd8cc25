import type { Exception, Person } from './envelope.js';
import type { Lease } from './lease.js';
import type { PortRef, Protocol } from './port.js';

/** A port held since `since`, granted by the event `event`. */
export interface Holding extends PortRef {
  resource: string;
  name: string;
  /** ISO time of the grant. */
  since: string;
  by: Person;
  event: string;
  /** Undefined if it belongs to no project. */
  project?: string;
  /** The project's name for the resource, if it differs from `resource`. */
  local?: string;
  range?: string;
  owner?: string;
  reason?: string;
  lease?: Lease;
  /** The host that renewed the lease last, if it differs from the granting one: the process runs there. */
  renewedOn?: string;
  exception?: Exception;
}

/** The stream, and who has it: what every event names. */
export type Held = Pick<Holding, 'protocol' | 'port' | 'resource' | 'name'>;

export function heldOf({ protocol, port, resource, name }: Held): Held {
  return { protocol, port, resource, name };
}

export interface Stream {
  protocol: Protocol;
  port: number;
  version: number;
  /** Id of the newest event. */
  last: string;
  /** ISO time of the newest event. */
  at: string;
  /** If `unsound`, the holder named by the newest event, who holds nothing. */
  holding: Holding | null;
  /** Why the newest event could not follow. Only a release may follow it; the stream is sound again afterwards. */
  unsound?: string | undefined;
}

/** Why a stream cannot be folded, and who held the port as far as known: several if claims were merged into one file. */
export interface Damage {
  message: string;
  holders: { resource: string; name: string }[];
  /**
   * How to repair it: `restored` if any write to the port does, by committing what counts (its holder is listed among the
   * holdings); `ended` if a release ends an unsound event.
   */
  mendable?: 'restored' | 'ended' | undefined;
}

/** Why a shared log rejects leases. */
export const LEASE_IN_SHARED_LOG = 'is a lease; leases belong in the log of one machine';

export class BrokenStream extends Error {
  override readonly name = 'BrokenStream';
  constructor(
    readonly problem: 'VERSION_GAP' | 'PREV_MISMATCH' | 'PATH_MISMATCH' | 'NOT_CANONICAL' | 'BAD_EVENT',
    message: string,
  ) {
    super(message);
  }
}
