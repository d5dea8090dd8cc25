import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { parseMoment, passedBetween, thisMoment } from '../../process/moment.js';
import { pause, world } from '../../world/index.js';
import { mkdirSync, rmSync, writeWhole } from '../git/guarded-files.js';

/** Upper limit for pauses in milliseconds, whatever the file contains. */
const LONGEST_PAUSE = 60_000;

/**
 * Pauses before a lost race is retried: random, within the duration of the lost attempt from fetch to answer. Longer pauses would not
 * help, as all competitors have equal chances, and growing ones punish those who have waited longest. All writers of a machine wait for
 * the same moment, then share one push. A successful push resets it.
 *
 * won() and lost() require the remote lock.
 */
export class PushBackoff {
  readonly #path: string;

  constructor(private readonly folder: string) {
    this.#path = join(folder, 'next-try');
  }

  async turn(): Promise<void> {
    const left = this.#left();
    if (left > 0) await pause(left);
  }

  hasLost(): boolean {
    return this.#read() !== undefined;
  }

  /** `took`: milliseconds from the fetch to the remote's rejection. */
  lost(took: number): void {
    const { boot, at } = thisMoment();
    const until = at + Math.ceil(world.random() * Math.min(Math.max(took, 0), LONGEST_PAUSE));
    ignoreErrors(() => {
      mkdirSync(this.folder, { recursive: true });
      writeWhole(this.#path, JSON.stringify({ boot, at: until }));
    });
  }

  won(): void {
    ignoreErrors(() => rmSync(this.#path, { force: true }));
  }

  /** Ignores invalid contents, another boot and unreasonable times. */
  #left(): number {
    const until = this.#read();
    const left = until && -(passedBetween(until, thisMoment()) ?? 0);
    return left !== undefined && left <= LONGEST_PAUSE ? left : 0;
  }

  #read() {
    return attempt(() => parseMoment(readRegularText(this.#path)));
  }
}
