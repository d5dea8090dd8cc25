/**
 * Every way vports can say no, with the exit code a script sees.
 * 1: the answer is no. 2: the input is wrong. 65 and up follow sysexits(3).
 */
export const EXIT_CODES = {
  PORT_TAKEN: 1,
  PORT_RESERVED: 1,
  PORT_IN_USE: 1,
  ALREADY_HELD: 1,
  RANGE_FULL: 1,
  NOT_HELD: 1,
  UNKNOWN_RESOURCE: 1,
  CONFLICT: 1,
  BAD_NAME: 2,
  BAD_PORT: 2,
  BAD_RANGE: 2,
  UNKNOWN_RANGE: 2,
  OUT_OF_RANGE: 2,
  BAD_TIME: 2,
  BAD_REVISION: 2,
  BAD_SERVICE_JSON: 2,
  BAD_USAGE: 2,
  LOG_DAMAGED: 65,
  STREAM_DAMAGED: 65,
  LOG_TOO_NEW: 65,
  HISTORY_REWRITTEN: 65,
  REMOTE_UNREACHABLE: 69,
  PUSH_REJECTED: 69,
  INTERNAL: 70,
  CANNOT_WRITE: 73,
  LOCKED: 75,
  CONTENDED: 75,
  REGISTRY_NOT_FOUND: 78,
  BAD_POLICY: 78,
  NO_IDENTITY: 78,
  UNSUPPORTED_REPOSITORY: 78,
} as const;

export type ErrorCode = keyof typeof EXIT_CODES;

/**
 * A refusal that the person who asked can do something about.
 * `message` says what is wrong and who stands in the way, `hint` the command that mends it,
 * `details` the same facts for a program.
 */
export class VportsError extends Error {
  override readonly name = 'VportsError';
  readonly hint: string | undefined;
  readonly details: Record<string, unknown>;

  constructor(
    readonly code: ErrorCode,
    message: string,
    { hint, details = {}, cause }: { hint?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
    this.details = details;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }

  toJSON(): { code: ErrorCode; message: string; hint: string | null; details: Record<string, unknown> } {
    return { code: this.code, message: this.message, hint: this.hint ?? null, details: this.details };
  }
}

/** Something worth saying that does not change the answer. */
export interface Warning {
  code: string;
  message: string;
  hint?: string;
}

/** The errno of a failed system call, or undefined for anything else. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
