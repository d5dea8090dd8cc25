import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { PROGRAM } from '../../program-hash.js';
import { writeWhole } from '../git/durable-fs.js';

/**
 * Folded state on the disk, safe to delete at any time. An entry carries a hash of itself: what is truncated, edited or
 * from another version is not there. An entry that cannot be written is not there either, and nobody is told.
 */
export class Cache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = join(folder, 'cache', PROGRAM);
  }

  /** What other versions of the program have folded, with its size in bytes. */
  static ofOtherVersions(folder: string): { path: string; bytes: number }[] {
    const all = join(folder, 'cache');
    const names = existsSync(all) ? readdirSync(all).filter((name) => name !== PROGRAM) : [];
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
    this.#write(name, `${digest(body)}\n${body}`);
  }

  #write(name: string, content: string | Buffer): void {
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeWhole(this.#path(name), content);
    } catch {
      // A full disk or a read-only registry: the next command folds again.
    }
  }

  /** As load and save, for what is large: deflated, which takes less time than writing all of it. */
  loadPacked(name: string): unknown {
    try {
      const file = readFileSync(this.#path(name));
      const body = file.subarray(41);
      if (file.toString('latin1', 0, 40) !== digest(body)) return undefined;
      return JSON.parse(inflateRawSync(body).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  savePacked(name: string, value: unknown): void {
    const body = deflateRawSync(JSON.stringify(value), { level: 1 });
    this.#write(name, Buffer.concat([Buffer.from(`${digest(body)}\n`), body]));
  }

  drop(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#folder, `${encodeURIComponent(name)}.json`);
  }
}

function digest(text: string | Buffer): string {
  return createHash('sha1').update(text).digest('hex');
}
