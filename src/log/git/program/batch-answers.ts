/** An object that git has; its content is undefined where it is larger than was asked for. */
export interface Found {
  type: string;
  content: Buffer | undefined;
}

/**
 * The output of `git cat-file --batch` as it comes, cut into answers: `OID TYPE SIZE\n`, the content, `\n`; or `OID missing\n`.
 * Each is handed on when it is whole. Contents are views: who keeps one copies it. Chunks are not kept.
 */
export class BatchAnswers {
  readonly #limit: () => number;
  readonly #answer: (found: Found | undefined) => void;
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes that the first answer is known to need. */
  #wanted = 0;
  /** Bytes of a content that nobody wants, still to come. */
  #passing = 0;

  /** `limit` gives for the next answer how many bytes of content are wanted at the most; `answer` is undefined for a missing object. */
  constructor(limit: () => number, answer: (found: Found | undefined) => void) {
    this.#limit = limit;
    this.#answer = answer;
  }

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

  /** Hands on the answer that begins at `at` if it is there whole; gives the bytes that took. */
  #answerFirst(all: Buffer, at: number): number {
    this.#wanted = 0;
    const end = all.indexOf(0x0a, at);
    if (end < 0) return 0;
    const [, type = '', size] = all.toString('latin1', at, end).split(' ');
    if (size === undefined) {
      this.#answer(undefined);
      return end + 1 - at;
    }
    const last = end + 1 + Number(size);
    if (Number(size) > this.#limit()) {
      this.#answer({ type, content: undefined });
      return last + 1 - at;
    }
    if (all.length < last + 1) {
      this.#wanted = last + 1 - at;
      return 0;
    }
    this.#answer({ type, content: all.subarray(end + 1, last) });
    return last + 1 - at;
  }
}
