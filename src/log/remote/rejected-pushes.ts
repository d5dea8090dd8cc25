import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { type ErrorCode, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { mkdirSync, writeWhole } from '../git/guarded-files.js';

/** Number of kept rejections: waiting writers look them up soon. */
const REMEMBERED = 32;

interface Refusal {
  oid: string;
  code: ErrorCode;
  message: string;
  hint: string | null;
  details: Record<string, unknown>;
}

/**
 * Rejected commits with the reason: a push may carry other writers' commits, and each writer gets its own result. refuse() requires the remote lock.
 */
export class RejectedPushes {
  readonly #path: string;

  constructor(
    private readonly folder: string,
    name = 'refused',
  ) {
    this.#path = join(folder, name);
  }

  refuse(oid: string, error: VportsError): void {
    mkdirSync(this.folder, { recursive: true });
    const all = [...this.#read(), { oid, ...error.toJSON() }].slice(-REMEMBERED);
    writeWhole(this.#path, JSON.stringify(all));
  }

  of(oid: string): VportsError | undefined {
    const refusal = this.#read().find((it) => it.oid === oid);
    if (!refusal) return undefined;
    const { code, message, hint, details } = refusal;
    return new VportsError(code, message, { hint: hint ?? undefined, details });
  }

  #read(): Refusal[] {
    const all: unknown = attempt(() => JSON.parse(readRegularText(this.#path)));
    return Array.isArray(all) ? all : [];
  }
}
