import { join } from 'node:path';
import { quietly } from '../../files/quietly.js';
import { readRegularText } from '../../files/regular-file.js';
import { mkdirSync, rmSync, writeFileSync } from '../../world/files.js';
import { pause, world } from '../../world/index.js';

/** No pause is longer, in milliseconds, and no lost race is remembered longer. */
const LONGEST_PAUSE = 16_000;
const REMEMBERED = 60_000;
/** What a race takes at least, for the reckoning. */
const SHORTEST_RACE = 100;

/** Races that this machine has lost at the remote one after the other, and when it tries again (milliseconds since 1970). */
interface Standing {
  lost: number;
  until: number;
}

/**
 * When a machine tries again at a remote where others were faster: by chance within a time that doubles with each race it
 * loses and grows with what a race takes, for races that run at once slow each other down. All its writers wait for the same
 * moment, and then share one push. A race that is won takes back one that was lost, no more: the others are still there.
 *
 * Only who holds the remote lock may call won() and lost().
 */
export class PushBackoff {
  readonly #folder: string;
  readonly #path: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'lost-races');
  }

  async turn(): Promise<void> {
    const left = (this.#standing()?.until ?? 0) - world.now();
    if (left > 0) await pause(left);
  }

  /** `took` in milliseconds: from the look at the remote to its answer that others were faster. */
  lost(took: number): void {
    const lost = (this.#standing()?.lost ?? 0) + 1;
    const most = Math.min(Math.max(took, SHORTEST_RACE) * 2 ** lost, LONGEST_PAUSE);
    this.#keep({ lost, until: world.now() + Math.ceil(world.random() * most) });
  }

  /** Whether others have been faster of late. */
  areLost(): boolean {
    return this.#standing() !== undefined;
  }

  won(): void {
    const standing = this.#standing();
    if (!standing) return;
    if (standing.lost > 1) this.#keep({ lost: standing.lost - 1, until: 0 });
    else quietly(() => rmSync(this.#path, { force: true }));
  }

  /** A hint and no more: what is old, torn or out of all reason counts for nothing. */
  #standing(): Standing | undefined {
    try {
      const [lost, until, written] = readRegularText(this.#path).split(' ').map(Number);
      const age = world.now() - written!;
      const sound = lost! >= 1 && lost! <= 32 && until! <= written! + LONGEST_PAUSE;
      return sound && age >= 0 && age < REMEMBERED ? { lost: lost!, until: until! } : undefined;
    } catch {
      return undefined;
    }
  }

  #keep({ lost, until }: Standing): void {
    quietly(() => {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(this.#path, `${Math.min(lost, 32)} ${until} ${world.now()}`);
    });
  }
}
