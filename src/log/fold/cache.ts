import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import { attempt, succeeds } from '../../attempt.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { cacheFolder, isPrivateFolder } from '../../files/user-folders.js';
import { PROGRAM } from '../../program-hash.js';
import { existsSync, readdirSync, statSync } from '../../world/files.js';
import { mkdirSync, realPath, rmSync, writeWhole } from '../git/guarded-files.js';

const deflated = promisify(deflateRaw) as (
  bytes: Uint8Array,
  options: { level: number; chunkSize: number },
) => Promise<Buffer>;

/** Output buffer of node's compression, in bytes: each round trip to its threads waits for its turn. */
const PIECE = 256 * 2 ** 10;

const LARGEST = 2 ** 31;

/**
 * Folded state on the disk, safe to delete at any time. Entries carry a checksum: truncated or edited ones, and those of another
 * version, are ignored. An entry that cannot be written stays in memory for this process: read-only users get answers too.
 */
export class Cache {
  readonly #folder: string;
  readonly #inMemory = new Map<string, Buffer>();
  #isUsable: boolean | undefined;

  /** The cache of the repository `commondir`; with `onDisk` false it ends with this process. */
  constructor(
    private readonly commondir: string,
    { onDisk = true }: { onDisk?: boolean } = {},
  ) {
    this.#folder = join(cacheFolderOf(commondir), PROGRAM);
    if (!onDisk) this.#isUsable = false;
  }

  /** Caches of other versions of the program, with their size in bytes. */
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
    const body = this.#read(name);
    return body && JSON.parse(body.toString('utf8'));
  }

  /** The folder must be private, as the contents of a cache are trusted. */
  #read(name: string): Buffer | undefined {
    const inMemory = this.#inMemory.get(name);
    if (inMemory || !this.#isOurs()) return inMemory;
    return attempt(() => {
      const file = readRegularBytes(this.#path(name), LARGEST);
      const end = file.indexOf('\n');
      const body = file.subarray(end + 1);
      return file.toString('utf8', 0, end) === this.#head(name, body) ? body : undefined;
    });
  }

  /** Identifies repository and entry, as two repositories may share a folder and a backup may mix up files, and detects damage. */
  #head(name: string, body: Buffer): string {
    return `${sumOf(body)} ${JSON.stringify([this.commondir, name])}`;
  }

  #isOurs(): boolean {
    this.#isUsable ??= isPrivateFolder(dirname(dirname(this.#folder)));
    return this.#isUsable;
  }

  save(name: string, value: unknown): void {
    this.#write(name, Buffer.from(JSON.stringify(value)));
  }

  #write(name: string, body: Buffer): void {
    if (!this.#isWritten(name, body)) this.#inMemory.set(name, body);
  }

  /** False for a full disk, a folder without permission and the like. */
  #isWritten(name: string, body: Buffer): boolean {
    const write = () => {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeWhole(this.#path(name), Buffer.concat([Buffer.from(`${this.#head(name, body)}\n`), body]));
      this.#inMemory.delete(name);
    };
    return this.#isOurs() && succeeds(write);
  }

  /** Several texts in one file: the caller parses only those it needs. */
  loadTexts(name: string): Uint8Array[] | undefined {
    const body = this.#read(name);
    if (!body) return undefined;
    const end = body.indexOf('\n');
    let at = end + 1;
    return (JSON.parse(body.toString('latin1', 0, end)) as number[]).map((length) => {
      at += length;
      return body.subarray(at - length, at);
    });
  }

  saveTexts(name: string, texts: string[]): void {
    const lengths = texts.map((text) => Buffer.byteLength(text));
    this.#write(name, Buffer.from(`${JSON.stringify(lengths)}\n${texts.join('')}`));
  }

  /** As load and save, deflated for large values: faster than writing them in full. */
  loadPacked(name: string): unknown {
    const body = this.#read(name);
    return body && JSON.parse(inflateRawSync(body).toString('utf8'));
  }

  savePacked(name: string, value: unknown): void {
    this.#write(name, deflateRawSync(JSON.stringify(value), { level: 1 }));
  }

  /** As savePacked for a value that is JSON already, deflated in the background. */
  async savePackedJson(name: string, json: Uint8Array): Promise<void> {
    this.#write(name, await deflated(json, { level: 1, chunkSize: PIECE }));
  }

  drop(name: string): void {
    this.#inMemory.delete(name);
    ignoreErrors(() => rmSync(this.#path(name), { force: true }));
  }

  #path(name: string): string {
    return join(this.#folder, `${encodeURIComponent(name)}.json`);
  }
}

/** In the user's cache folder: a registry may come from anybody, and may be read-only. */
export function cacheFolderOf(commondir: string): string {
  const name = basename(commondir === '.git' ? dirname(commondir) : commondir)
    .replace(/[^\w.-]/g, '_')
    .slice(0, 40);
  return join(realPath(cacheFolder()), 'log', `${name}-${sumOf(commondir)}`);
}

/** Not cryptographic: only this user may write to the folder, and node takes 6 ms to load its hashes. */
function sumOf(content: string | Buffer): string {
  return crc32(content).toString(16).padStart(8, '0');
}
