import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './durable-fs.js';

declare const VPORTS_FOLD_HASH: string | undefined;

/** What folds events, by content: a cache of another fold is never read. Set when the program is built. */
const FOLD = typeof VPORTS_FOLD_HASH === 'string' ? VPORTS_FOLD_HASH : 'source';

/**
 * Folded state on the disk, safe to delete at any time. An entry carries a hash of itself: what is truncated, edited or
 * from another version is not there. An entry that cannot be written is not there either, and nobody is told.
 */
export class Cache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, 'cache', FOLD);
  }

  /** What other versions of the program have folded, with its size in bytes. */
  static ofOtherVersions(folder: string): { path: string; bytes: number }[] {
    const all = join(folder, 'cache');
    const names = existsSync(all) ? readdirSync(all).filter((name) => name !== FOLD) : [];
    return names.map((name) => {
      const path = join(all, name);
      const files = readdirSync(path).map((file) => statSync(join(path, file)));
      return { path, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    });
  }

  load(name: string): unknown {
    let text: string;
    try {
      text = readFileSync(this.#path(name), 'utf8');
    } catch {
      return undefined;
    }
    const body = text.slice(41);
    return text.slice(0, 40) === digest(body) ? JSON.parse(body) : undefined;
  }

  save(name: string, value: unknown): void {
    const body = JSON.stringify(value);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeWhole(this.#path(name), `${digest(body)}\n${body}`);
    } catch {
      // A full disk or a read-only registry: the next command folds again.
    }
  }

  drop(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#folder, `${encodeURIComponent(name)}.json`);
  }
}

function digest(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
