import type { PortKey, PortRef } from '../../events/port.js';
import type { Warning } from '../errors.js';

/** What the documents of one resource have to say: its claims, never its leases. */
export interface DocumentFacts {
  resource: string;
  claims: (PortRef & { name: string })[];
  /** Names that were given back just now, and whose numbers leave service.json. */
  released: string[];
  /** Whether a README without a block of ports gets one; default: it does. */
  addReadme?: boolean | undefined;
  /** Where claims have moved from just now, for numbers that stand somewhere without a name. */
  moved?: ReadonlyMap<PortKey, number> | undefined;
}

/** A document as it should be. */
export interface PlannedDocument {
  path: string;
  /** Empty where there is none yet. */
  before: string;
  changed: boolean;
  text: string;
  /** The same edit on another version of the document; undefined where that is not to be edited. */
  edit: (text: string) => string | undefined;
  /** Port numbers that a version of the document numbersIn, by port name or variable. */
  numbersIn: (text: string) => Map<string, number>;
  /** Numbers that the edit replaces one by one, where they stand. Empty for what is edited as a whole. */
  wrong: { line: number; column: number; variable: string | undefined; port: number; wanted: number }[];
}

export interface Plan {
  documents: PlannedDocument[];
  warnings: Warning[];
}
