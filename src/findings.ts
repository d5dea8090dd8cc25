import type { FindingCode } from './codes.js';

/** Something that `doctor` has to say. A problem stops work or endangers the log; a warning may one day; a note explains. */
export interface Finding {
  code: FindingCode;
  level: 'problem' | 'warning' | 'note';
  message: string;
  hint: string | null;
  /** Whether `--fix` mends it. */
  fixable: boolean;
}

export function problem(code: FindingCode, message: string, hint: string, fixable = false): Finding {
  return { code, level: 'problem', message, hint, fixable };
}

export function warning(code: FindingCode, message: string, hint: string, fixable = false): Finding {
  return { code, level: 'warning', message, hint, fixable };
}

export function note(
  code: FindingCode,
  message: string,
  hint: string | null = null,
  fixable = false,
): Finding {
  return { code, level: 'note', message, hint, fixable };
}
