/** An object of git; the content is undefined if it exceeds the limit. */
export interface Found {
  type: string;
  content: Buffer | undefined;
}

/**
 * Splits the output of `git cat-file --batch` into answers: `OID TYPE SIZE\n`, content, `\n`; or `OID missing\n`. Contents are views of
 * the chunks: to keep one, copy it.
 */
export class BatchAnswers {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes needed for the first answer. */
  #wanted = 0;
  /** Remaining bytes of a content to skip. */
  #passing = 0;

  /** `limit` returns the maximal content of the next answer in bytes; `answer` gets undefined for a missing object. */
  constructor(
    private readonly limit: () => number,
    private readonly answer: (found: Found | undefined) => void,
  ) {}

  take(all: Buffer): void {
    const passed = Math.min(this.#passing, all.length);
    this.#passing -= passed;
    const chunk = all.subarray(passed);
    this.#length += chunk.length;
    if (this.#length < this.#wanted) return void this.#chunks.push(Buffer.from(chunk));
    const received = this.#chunks.length === 0 ? chunk : Buffer.concat([...this.#chunks, chunk]);
    let at = 0;
    while (at < received.length) {
      const used = this.#answerFirst(received, at);
      if (used === 0) break;
      at += used;
    }
    this.#passing += Math.max(0, at - received.length);
    const rest = Buffer.from(received.subarray(Math.min(at, received.length)));
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
  }

  /** Passes on the answer at `at` if it is complete; returns its length, or 0. */
  #answerFirst(all: Buffer, at: number): number {
    this.#wanted = 0;
    const end = all.indexOf(0x0a, at);
    if (end < 0) return 0;
    const [, type = '', size] = all.toString('latin1', at, end).split(' ');
    if (size === undefined) {
      this.answer(undefined);
      return end + 1 - at;
    }
    const last = end + 1 + Number(size);
    if (Number(size) > this.limit()) {
      this.answer({ type, content: undefined });
      return last + 1 - at;
    }
    if (all.length < last + 1) {
      this.#wanted = last + 1 - at;
      return 0;
    }
    this.answer({ type, content: all.subarray(end + 1, last) });
    return last + 1 - at;
  }
}
