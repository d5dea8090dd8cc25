import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { readRegularBytes } from '../../files/regular-file.js';
import { cacheFolder, isPrivateFolder } from '../../files/user-folders.js';
import { writeWhole } from '../../files/write-whole.js';
import { PROGRAM } from '../../program-hash.js';

const deflated = promisify(deflateRaw) as (
  bytes: Buffer,
  options: { level: number; chunkSize: number },
) => Promise<Buffer>;

/** Bytes of deflated text that node's threads hand over at once: each hand-over waits for its turn. */
const PIECE = 256 * 2 ** 10;

/** Bytes. */
const LARGEST = 2 ** 31;

/**
 * Folded state on the disk, safe to delete at any time. An entry carries a hash of itself: what is truncated, edited or
 * from another version is not there. An entry that cannot be written is not there either, and nobody is told.
 */
export class Cache {
  readonly #folder: string;
  #isUsable: boolean | undefined;

  /** `commondir` is the repository whose log it is of. */
  constructor(commondir: string) {
    this.#folder = join(cacheFolderOf(commondir), PROGRAM);
  }

  /** What other versions of the program have folded, with its size in bytes. */
  static ofOtherVersions(commondir: string): { path: string; bytes: number }[] {
    const all = cacheFolderOf(commondir);
    const names = existsSync(all) ? readdirSync(all).filter((name) => name !== PROGRAM) : [];
    return names.map((name) => {
      const path = join(all, name);
      const files = readdirSync(path).map((file) => statSync(join(path, file)));
      return { path, bytes: files.reduce((sum, { size }) => sum + size, 0) };
    });
  }

  load(name: string): unknown {
    const text = this.#read(name)?.toString('utf8');
    const body = text?.slice(41);
    return body !== undefined && text!.slice(0, 40) === digest(body) ? JSON.parse(body) : undefined;
  }

  /** Nobody else may have written it: what is in a cache is believed. */
  #read(name: string): Buffer | undefined {
    if (!this.#isOurs()) return undefined;
    try {
      return readRegularBytes(this.#path(name), LARGEST);
    } catch {
      return undefined;
    }
  }

  #isOurs(): boolean {
    this.#isUsable ??= isPrivateFolder(dirname(dirname(this.#folder)));
    return this.#isUsable;
  }

  save(name: string, value: unknown): void {
    const body = JSON.stringify(value);
    this.#write(name, `${digest(body)}\n${body}`);
  }

  #write(name: string, content: string | Buffer): void {
    if (!this.#isOurs()) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWhole(this.#path(name), content);
    } catch {
      // A full disk or a read-only registry: the next command folds again.
    }
  }

  /** As load and save, for what is large: deflated, which takes less time than writing all of it. */
  loadPacked(name: string): unknown {
    try {
      const file = this.#read(name);
      if (!file) return undefined;
      const body = file.subarray(41);
      if (file.toString('latin1', 0, 40) !== digest(body)) return undefined;
      return JSON.parse(inflateRawSync(body).toString('utf8'));
    } catch {
      return undefined;
    }
  }

  savePacked(name: string, value: unknown): void {
    this.#writePacked(name, deflateRawSync(JSON.stringify(value), { level: 1 }));
  }

  /** The same of a value that is JSON already, deflated beside what goes on meanwhile. */
  async savePackedJson(name: string, json: Buffer): Promise<void> {
    this.#writePacked(name, await deflated(json, { level: 1, chunkSize: PIECE }));
  }

  #writePacked(name: string, body: Buffer): void {
    this.#write(name, Buffer.concat([Buffer.from(`${digest(body)}\n`), body]));
  }

  drop(name: string): void {
    rmSync(this.#path(name), { force: true });
  }

  #path(name: string): string {
    return join(this.#folder, `${encodeURIComponent(name)}.json`);
  }
}

/** In the user's cache folder: a registry may come from anybody, and who may only read it has a cache too. */
export function cacheFolderOf(commondir: string): string {
  const name = basename(commondir === '.git' ? dirname(commondir) : commondir)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 40);
  return join(cacheFolder(), 'log', `${name}-${digest(commondir).slice(0, 16)}`);
}

function digest(text: string | Buffer): string {
  return createHash('sha1').update(text).digest('hex');
}
