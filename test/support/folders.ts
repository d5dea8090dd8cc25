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

/**
 * A new folder that goes with the test, and whose path is short wherever other temporary ones are: a socket's may have no more than
 * 107 bytes (unix(7)), and of a long command line only the beginning is shown.
 */
export function shortFolder(): string {
  const folder = newFolder('/tmp');
  onTestFinished(() => removed(folder));
  return folder;
}

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
