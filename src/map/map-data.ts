import type { Bounds } from '../policy/policy.js';
import type { Columns } from './columns.js';

export interface MapRange extends Bounds {
  id: string;
  title: string;
  group: string;
  dynamic: boolean;
  reserved: boolean;
}

/** All data of the page. */
export interface MapData {
  /** Name of the registry. */
  registry: string;
  /** The moment of the past that it ends with, in words; null for now. */
  until: string | null;
  ranges: MapRange[];
  /** Ports reserved by the policy. */
  reserved: Bounds[];
  /** Spans in which something else may take ports, and what. */
  spans: (Bounds & { what: string })[];
  /** Ports that browsers refuse to open. */
  refused: number[];
  /** Ports assigned by IANA, and their names. */
  assigned: { ports: number[]; names: string[] };
  /** Ports with an unreadable history. */
  damaged: { port: number; protocol: string; message: string }[];
  events: Columns;
}
