import type { DocumentCode } from '../../../codes.js';

export interface DocumentProblem {
  code: DocumentCode;
  /** `warning` for ports inside a container, which need not be registered. */
  level: 'error' | 'warning';
  file: string;
  line: number | null;
  column: number | null;
  port: number | null;
  message: string;
  fix: string | null;
}
