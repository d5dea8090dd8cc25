import { type ErrorCode, EXIT_CODES, type WarningCode } from './codes.js';

export { type ErrorCode, EXIT_CODES } from './codes.js';

/**
 * An error that the user can do something about. `message` says what is wrong and who is in the way, `hint` the command that fixes it, `details` the
 * same facts for a program.
 */
export class VportsError extends Error {
  override readonly name = 'VportsError';
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    {
      hint,
      details = {},
      cause,
    }: {
      hint?: string | undefined;
      details?: Record<string, unknown> | undefined;
      cause?: unknown | undefined;
    } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
    this.details = details;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }

  /** As a warning, where it does not stop what was asked for. */
  asWarning(message = this.message): Warning & { code: ErrorCode } {
    return { code: this.code, message, ...(this.hint !== undefined && { hint: this.hint }) };
  }

  toJSON(): { code: ErrorCode; message: string; hint: string | null; details: Record<string, unknown> } {
    return { code: this.code, message: this.message, hint: this.hint ?? null, details: this.details };
  }
}

/** The caller asked for what cannot be; `hint` says what can. */
export function badUsage(
  message: string,
  hint: string,
  more: { details?: Record<string, unknown>; cause?: unknown } = {},
): VportsError {
  return new VportsError('BAD_USAGE', message, { hint, ...more });
}

/** A remark that does not change the answer. */
export interface Warning {
  code: WarningCode;
  message: string;
  hint?: string | undefined;
  /** It holds on every machine, without evidence on this one: shown on request only. */
  general?: true | undefined;
}

/** The errno of a failed system call, or undefined for anything else. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
