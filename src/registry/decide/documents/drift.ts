import type { Protocol } from '../../../../events/port.js';
import type { Placed } from '../decision.js';

export type DriftKind =
  | 'listening-unrecorded'
  | 'stranger'
  | 'service-json'
  | 'readme'
  | 'service-json-unrecorded'
  | 'document'
  | 'lease-expired'
  | 'owner-gone'
  | 'folder-gone'
  | 'double-name'
  | 'double-port'
  | 'unreadable'
  | 'damaged';

/** One thing that registry, host and documents do not agree on. What does not apply is null. */
export interface Drift {
  kind: DriftKind;
  resource: string | null;
  name: string | null;
  port: number | null;
  protocol: Protocol | null;
  file: string | null;
  line: number | null;
  column: number | null;
  /** What the registry says; for a port that nobody holds, null. */
  expected: number | string | null;
  /** What was found. */
  actual: number | string | null;
  /** The command that mends it. */
  fix: string;
  /** Whether `--fix` mends it: what needs a person's choice is left. */
  fixable: boolean;
}

/** A part of what was found, with the events that mend it. */
export interface DriftPart {
  drift: Drift[];
  events: Placed[];
}

export function drift(
  kind: DriftKind,
  about: {
    resource?: string | null | undefined;
    name?: string | null | undefined;
    port: number | null;
    protocol: Protocol | null;
  },
  found: Partial<Drift> & Pick<Drift, 'expected' | 'actual' | 'fix' | 'fixable'>,
): Drift {
  const { resource = null, name = null, port, protocol } = about;
  return { kind, resource, name, port, protocol, file: null, line: null, column: null, ...found };
}
