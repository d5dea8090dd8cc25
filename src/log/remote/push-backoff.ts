import { join } from 'node:path';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { parseMoment, passedBetween, thisMoment } from '../../process/moment.js';
import { pause, world } from '../../world/index.js';
import { mkdirSync, rmSync, writeWhole } from '../git/guarded-files.js';

/** No pause is longer, in milliseconds: whatever a file says. */
const LONGEST_PAUSE = 60_000;

/**
 * When a machine tries again at a remote where others were faster: by chance within the time that the lost race took, from its look
 * at the remote to the answer. More would not help: whoever tries has the same chance against all others, and a pause that grows
 * with each loss only makes those wait longest who have waited longest. All writers of a machine wait for the same moment, and
 * then share one push. Once a push succeeds, nothing is left of it.
 *
 * Only who holds the remote lock may call won() and lost().
 */
export class PushBackoff {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'next-try');
  }

  /** Waits until this machine is to try again. */
  async turn(): Promise<void> {
    const left = this.#left();
    if (left > 0) await pause(left);
  }

  /** Whether others were faster at the last push of this machine. */
  hasLost(): boolean {
    return this.#read() !== undefined;
  }

  /** `took` in milliseconds: from the look at the remote to its answer that others were faster. */
  lost(took: number): void {
    const { boot, at } = thisMoment();
    const until = at + Math.ceil(world.random() * Math.min(Math.max(took, 0), LONGEST_PAUSE));
    ignoreErrors(() => {
      mkdirSync(this.#folder, { recursive: true });
      writeWhole(this.#path, JSON.stringify({ boot, at: until }));
    });
  }

  won(): void {
    ignoreErrors(() => rmSync(this.#path, { force: true }));
  }

  /** A hint and no more: what is torn, of another boot or out of all reason counts for nothing. */
  #left(): number {
    const until = this.#read();
    const left = until && -(passedBetween(until, thisMoment()) ?? 0);
    return left !== undefined && left <= LONGEST_PAUSE ? left : 0;
  }

  #read() {
    try {
      return parseMoment(readRegularText(this.#path));
    } catch {
      return undefined;
    }
  }
}
