import type { Bounds } from '../policy/policy.js';
import type { Columns } from './columns.js';

/** A range of the policy, as it is drawn. */
export interface MapRange extends Bounds {
  id: string;
  title: string;
  group: string;
  dynamic: boolean;
  reserved: boolean;
}

/** All that the page knows. */
export interface MapData {
  /** What the registry is called. */
  registry: string;
  /** Which moment of the past it ends with, in words; null for now. */
  until: string | null;
  ranges: MapRange[];
  /** Single ports and spans that the policy sets aside. */
  reserved: Bounds[];
  /** Spans in which something else may take a port, and what that is. */
  spans: (Bounds & { what: string })[];
  /** Ports that browsers refuse to open. */
  refused: number[];
  /** Ports that IANA has given a name, and the names. */
  assigned: { ports: number[]; names: string[] };
  /** Ports whose history cannot be read. */
  damaged: { port: number; protocol: string; message: string }[];
  events: Columns;
}
