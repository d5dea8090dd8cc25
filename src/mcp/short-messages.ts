import { Transform, type TransformCallback } from 'node:stream';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** In bytes. The largest call of these tools, with 2,000 ports, is shorter. */
const LONGEST = 2 ** 20;
const LINE_FEED = 10;
const INVALID_REQUEST = -32_600;

/**
 * Passes on messages, one per line, and answers those that are too long with an error: the reader behind it would buffer them, and
 * end the server at ten megabytes.
 */
export class ShortMessages extends Transform {
  #parts: Buffer[] = [];
  #length = 0;

  constructor(private readonly answer: (message: JSONRPCMessage) => void) {
    super();
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#take(chunk.subarray(start, end + 1));
      if (this.#length > LONGEST) this.#refuse();
      else this.push(Buffer.concat(this.#parts));
      [this.#parts, this.#length] = [[], 0];
      start = end + 1;
    }
    this.#take(chunk.subarray(start));
    done();
  }

  #take(part: Buffer): void {
    this.#length += part.length;
    // The beginning is kept for its id.
    if (this.#length <= LONGEST || this.#parts.length === 0)
      this.#parts.push(Buffer.from(part.subarray(0, LONGEST + 1)));
  }

  #refuse(): void {
    const beginning = Buffer.concat(this.#parts).subarray(0, 1_000).toString('utf8');
    const [, id = 'null'] =
      /^\s*\{(?:"jsonrpc":\s*"2\.0",\s*)?(?:"method":\s*"[^"]*",\s*)?"id":\s*(\d{1,15}|"[\w-]{1,100}")\s*,/.exec(
        beginning,
      ) ?? [];
    const message = `a message must not exceed ${LONGEST} bytes`;
    // JSON-RPC uses null for an unknown id, which the types of the protocol lack.
    this.answer({
      jsonrpc: '2.0',
      id: JSON.parse(id),
      error: { code: INVALID_REQUEST, message },
    } as JSONRPCMessage);
  }
}
