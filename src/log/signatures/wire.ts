/** Reads the wire format of SSH, RFC 4251 section 5. Throws RangeError where the bytes end too early. */
export class WireReader {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  get isDone(): boolean {
    return this.#at === this.bytes.length;
  }

  uint32(): number {
    return this.raw(4).readUInt32BE();
  }

  raw(length: number): Buffer {
    if (this.#at + length > this.bytes.length) throw new RangeError('the bytes end too early');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  string(): Buffer {
    return this.raw(this.uint32());
  }

  text(): string {
    return this.string().toString('latin1');
  }

  /** A positive number as its bytes, without leading zeros. */
  mpint(): Buffer {
    const bytes = this.string();
    let start = 0;
    while (start < bytes.length && bytes[start] === 0) start++;
    return bytes.subarray(start);
  }
}

/** A string as it is written on the wire. */
export function wireString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
