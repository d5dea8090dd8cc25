import type { DocumentCode } from '../../../codes.js';

/** A place in a document that does not agree with the registry. */
export interface DocumentProblem {
  code: DocumentCode;
  /** A warning is about the inside of a container, which the registry need not know. */
  level: 'error' | 'warning';
  file: string;
  line: number | null;
  column: number | null;
  port: number | null;
  message: string;
  /** The command that mends it. */
  fix: string | null;
}
