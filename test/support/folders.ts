import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = newFolder();
  onTestFinished(() => removed(folder));
  return folder;
}

/** A new folder for sockets, whose paths may be no longer than 107 bytes (unix(7)); it goes with the test. */
export function socketFolder(): string {
  const folder = tmpdir().length > LONGEST_FOR_SOCKETS ? newFolder('/tmp') : newFolder();
  onTestFinished(() => removed(folder));
  return folder;
}

const LONGEST_FOR_SOCKETS = 50;

/**
 * What each test of a file starts from, made once: `make` fills a folder, and each call gives a copy of it that goes with its
 * test. To be called where the file's tests are told.
 */
export function madeOnce(make: (folder: string) => Promise<unknown>): () => Promise<string> {
  const original = newFolder();
  let making: Promise<unknown> | undefined;
  afterAll(() => removed(original));
  return async () => {
    making ??= make(original);
    await making;
    const copy = temporaryFolder();
    cpSync(original, copy, { recursive: true });
    return copy;
  };
}

/** A new folder that somebody removes. */
export function newFolder(below = tmpdir()): string {
  return realpathSync(mkdtempSync(join(below, 'vports-test-')));
}

/** git may still be packing there, in its own time. */
export function removed(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
}

export function put(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
