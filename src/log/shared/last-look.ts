import { join } from 'node:path';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { type Moment, parseMoment, passedBetween, thisMoment } from '../../process/moment.js';
import { world } from '../../world/index.js';
import { mkdirSync, rmSync, writeWhole } from '../git/guarded-files.js';
import type { Objects } from '../git/objects.js';

/** Below this many writes since the last look, as they are to be expected, it is more likely that there was none. */
const LIKELY_UNMOVED = 0.7;
/** How many commits tell how often a branch is written to. */
const COUNTED = 20;

/** Start of the last look at the remote that succeeded, for all of this machine: callers that queued before it can use its result. */
export class LastLook {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'last-look');
  }

  /** In milliseconds; undefined where there was none, or nobody can tell. */
  age(): number | undefined {
    return passedBetween(this.#read(), thisMoment());
  }

  isSince(begun: Moment): boolean {
    const last = this.#read();
    return last !== undefined && (passedBetween(begun, last) ?? -1) >= 0;
  }

  /**
   * Whether it is more likely than not that nobody has written to the branch since, which has this head: while the age of the look,
   * times how often the branch is written to, is small.
   */
  async isLikelyUnmoved(objects: Objects, head: string): Promise<boolean> {
    const age = this.age();
    return age !== undefined && age >= 0 && age * (await writesEach(objects, head)) < LIKELY_UNMOVED;
  }

  set(begun: Moment): void {
    ignoreErrors(() => {
      mkdirSync(this.#folder, { recursive: true });
      writeWhole(this.#path, JSON.stringify(begun));
    });
  }

  forget(): void {
    ignoreErrors(() => rmSync(this.#path, { force: true }));
  }

  #read(): Moment | undefined {
    try {
      return parseMoment(readRegularText(this.#path));
    } catch {
      return undefined;
    }
  }
}

/** Writes a millisecond, by the last commits of a branch. */
async function writesEach(objects: Objects, head: string): Promise<number> {
  let [count, oldest] = [0, world.now()];
  for (let at: string | undefined = head; at !== undefined && count < COUNTED; count++) {
    const { time, parents } = await objects.readCommit(at);
    oldest = time * 1_000;
    [at] = parents;
  }
  return count / Math.max(1_000, world.now() - oldest);
}
