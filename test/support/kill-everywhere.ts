import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from './folders.js';
import { runner } from './program.js';
import { newRegistry } from './registries.js';

export const KILLER = resolve('test/support/kill-at.mjs');

/** The events that a copy killed early and a copy killed late have. */
export const [OLD, NEW] = [
  'events/tcp/30xxx/300xx/30000/0001.json',
  'events/tcp/30xxx/300xx/30001/0001.json',
];

/** Kills an allocation before its first, second, … change to the disk, until one comes through. */
export async function killEverywhere(
  bare: boolean,
  check: (path: string, at: number) => Promise<void>,
): Promise<number> {
  const original = await newRegistry({ bare });
  const home = temporaryFolder();
  const vports = runner(home);
  expect((await vports(['allocate', 'old', '--registry', original])).status).toBe(0);
  for (let at = 1; ; at++) {
    const path = join(home, `${at}`);
    cpSync(original, path, { recursive: true });
    const env = { KILL_AT: String(at) };
    const { signal, stdout } = await vports(['allocate', 'new', '--registry', path], {
      env,
      nodeArgs: ['--import', KILLER],
    });
    if (signal === null) {
      expect(stdout).toBe('30001');
      return at;
    }
    await check(path, at);
  }
}
