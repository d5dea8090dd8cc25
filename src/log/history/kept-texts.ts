import { closeSync, readSync, writeSync } from '../../world/files.js';
import { openNameless } from '../git/program/nameless-file.js';

/** Bytes written at once; the maximal length of a text. */
const SLAB = 2 ** 20;

/** Slabs in memory, enough for 100,000 events. */
const IN_MEMORY = 48;

/** Texts by number: the first ones in memory, the others in an unlinked file while there is space. */
export class KeptTexts {
  #file: number | undefined;
  readonly #places: number[] = [];
  readonly #lengths: number[] = [];
  /** Undefined for those in the file; the last one is being filled. */
  readonly #slabs: (Buffer | undefined)[] = [Buffer.allocUnsafe(SLAB)];
  #used = 0;

  put(text: Buffer): void {
    const { length } = text;
    if (length > SLAB) throw new Error('text longer than a slab');
    if (this.#used + length > SLAB) this.#turn();
    const last = this.#slabs.length - 1;
    text.copy(this.#slabs[last]!, this.#used);
    this.#places.push(last * SLAB + this.#used);
    this.#lengths.push(length);
    this.#used += length;
  }

  get(number: number): Buffer {
    const [place, length] = [this.#places[number]!, this.#lengths[number]!];
    const slab = this.#slabs[Math.floor(place / SLAB)];
    if (slab) return slab.subarray(place % SLAB, (place % SLAB) + length);
    const text = Buffer.allocUnsafe(length);
    readSync(this.#file!, text, 0, length, place);
    return text;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #turn(): void {
    const last = this.#slabs.length - 1;
    if (last >= IN_MEMORY && this.#isWritten(this.#slabs[last]!, last * SLAB)) this.#slabs[last] = undefined;
    this.#slabs.push(Buffer.allocUnsafe(SLAB));
    this.#used = 0;
  }

  #isWritten(slab: Buffer, at: number): boolean {
    try {
      this.#file ??= openNameless();
      return this.#file !== undefined && writeSync(this.#file, slab, 0, SLAB, at) === SLAB;
    } catch {
      return false;
    }
  }
}
