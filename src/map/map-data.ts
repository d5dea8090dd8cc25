import type { Bounds } from '../policy/policy.js';
import type { Columns } from './columns.js';

export interface MapRange extends Bounds {
  id: string;
  title: string;
  group: string;
  dynamic: boolean;
  reserved: boolean;
}

export interface MapData {
  registry: string;
  /** The moment of the past that it ends with, in words; null for now. */
  until: string | null;
  ranges: MapRange[];
  reserved: Bounds[];
  /** Spans in which something else may take ports, and what. */
  spans: (Bounds & { what: string })[];
  refused: number[];
  /** Ports assigned by IANA, and their names. */
  assigned: { ports: number[]; names: string[] };
  damaged: { port: number; protocol: string; message: string }[];
  events: Columns;
}
