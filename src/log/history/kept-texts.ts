import { closeSync, readSync, writeSync } from 'node:fs';
import { openNameless } from '../git/program/nameless-file.js';

/** Bytes that are written at once; no text is longer. */
const SLAB = 2 ** 20;

/** Texts by number, in a file without a name; what cannot be written there stays in memory. */
export class KeptTexts {
  readonly #file = openNameless();
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];
  /** One after the other, in the file where it is undefined here; the last one is being filled. */
  readonly #slabs: (Buffer | undefined)[] = [Buffer.allocUnsafe(SLAB)];
  #used = 0;
  readonly #read = Buffer.allocUnsafe(SLAB);

  put(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > SLAB) throw new Error('a text is longer than what is kept of one');
    if (this.#used + length > SLAB) this.#turn();
    const last = this.#slabs.length - 1;
    this.#slabs[last]!.write(text, this.#used);
    this.#places.push(last * SLAB + this.#used);
    this.#lengths.push(length);
    this.#used += length;
  }

  get(number: number): string {
    const [place, length] = [this.#places[number]!, this.#lengths[number]!];
    const slab = this.#slabs[Math.floor(place / SLAB)];
    if (slab) return slab.toString('utf8', place % SLAB, (place % SLAB) + length);
    readSync(this.#file!, this.#read, 0, length, place);
    return this.#read.toString('utf8', 0, length);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #turn(): void {
    const last = this.#slabs.length - 1;
    if (this.#file !== undefined && this.#isWritten(this.#slabs[last]!, last * SLAB))
      this.#slabs[last] = undefined;
    this.#slabs.push(Buffer.allocUnsafe(SLAB));
    this.#used = 0;
  }

  #isWritten(slab: Buffer, at: number): boolean {
    try {
      return writeSync(this.#file!, slab, 0, SLAB, at) === SLAB;
    } catch {
      return false;
    }
  }
}
