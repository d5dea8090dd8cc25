import type { FindingCode } from './codes.js';

/** A result of `doctor`. A problem stops work or endangers the log; a warning may do so one day; a note explains. */
export interface Finding {
  code: FindingCode;
  level: 'problem' | 'warning' | 'note';
  message: string;
  hint: string | null;
  /** Whether `--fix` fixes it. */
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
