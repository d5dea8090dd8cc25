import type { Bounds, PolicyRange } from '../policy/policy.js';
import type { Columns } from './columns.js';

export type MapRange = Bounds & Pick<PolicyRange, 'id' | 'title' | 'group' | 'dynamic' | 'reserved'>;

/** A span in which something else may take ports, and what. */
export interface MapSpan extends Bounds {
  what: string;
  /** Whether that is known of the machine that the map was drawn on. */
  isHere: boolean;
}

/** What the policy said from a time on, in milliseconds since 1970. */
export interface MapPolicy {
  since: number;
  ranges: (Bounds & Pick<MapRange, 'id' | 'reserved'>)[];
  reserved: Bounds[];
}

export interface MapData {
  registry: string;
  /** The moment of the past that it ends with, in words; null for now. */
  until: string | null;
  ranges: MapRange[];
  reserved: Bounds[];
  /** Oldest first; the last one is that of `ranges` and `reserved`. */
  policies: MapPolicy[];
  spans: MapSpan[];
  refused: number[];
  /** Ports assigned by IANA, and their names. */
  assigned: { ports: number[]; names: string[] };
  damaged: { port: number; protocol: string; message: string }[];
  events: Columns;
}
