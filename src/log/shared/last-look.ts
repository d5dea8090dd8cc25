import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { type Moment, parseMoment, passedBetween, thisMoment } from '../../process/moment.js';
import { world } from '../../world/index.js';
import { mkdirSync, rmSync, writeWhole } from '../git/guarded-files.js';
import type { Objects } from '../git/objects.js';

/** Limit for the expected number of writes since the last fetch: below it, most likely there was none. */
const LIKELY_UNMOVED = 0.7;
/** Number of recent commits that estimate how often a branch is written. */
const COUNTED = 20;

/** Start of the last successful fetch on this machine; callers that queued before it can reuse its result. */
export class LastLook {
  readonly #path: string;

  constructor(private readonly folder: string) {
    this.#path = join(folder, 'last-look');
  }

  /** Milliseconds; undefined if there was none, or on another boot. */
  age(): number | undefined {
    return passedBetween(this.#read(), thisMoment());
  }

  isSince(begun: Moment): boolean {
    const last = this.#read();
    return last !== undefined && (passedBetween(begun, last) ?? -1) >= 0;
  }

  /** Whether the branch with this head most likely has not moved since: the age of the fetch times the frequency of writes is small. */
  async isLikelyUnmoved(objects: Objects, head: string): Promise<boolean> {
    const age = this.age();
    return age !== undefined && age >= 0 && age * (await writesEach(objects, head)) < LIKELY_UNMOVED;
  }

  set(begun: Moment): void {
    ignoreErrors(() => {
      mkdirSync(this.folder, { recursive: true });
      writeWhole(this.#path, JSON.stringify(begun));
    });
  }

  forget(): void {
    ignoreErrors(() => rmSync(this.#path, { force: true }));
  }

  #read(): Moment | undefined {
    return attempt(() => parseMoment(readRegularText(this.#path)));
  }
}

async function writesEach(objects: Objects, head: string): Promise<number> {
  let [count, oldest] = [0, world.now()];
  for (let at: string | undefined = head; at !== undefined && count < COUNTED; count++) {
    const { time, parents } = await objects.readCommit(at);
    oldest = time * 1_000;
    [at] = parents;
  }
  return count / Math.max(1_000, world.now() - oldest);
}
