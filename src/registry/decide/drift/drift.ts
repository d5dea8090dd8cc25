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

export interface Drift {
  kind: DriftKind;
  resource: string | null;
  name: string | null;
  port: number | null;
  protocol: Protocol | null;
  file: string | null;
  line: number | null;
  column: number | null;
  expected: number | string | null;
  actual: number | string | null;
  fix: string;
  /** Whether `--fix` fixes it; false if a person must choose. */
  fixable: boolean;
}

/** Drift with the events that fix it. */
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
