import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from './folders.js';
import { runner } from './program.js';
import { newRegistry } from './registries.js';
import { oneIn } from './torture.js';

export const KILLER = resolve('test/support/kill-at.mjs');

/** What every copy has, and what only one that was killed late has. Each file of tests has ports of its own: two probes of one port meet. */
export function claimsOf({ bare }: { bare: boolean }): { ports: [string, string]; files: [string, string] } {
  const ports: [string, string] = bare ? ['27401', '27402'] : ['27403', '27404'];
  const [old, late] = ports.map((port) => `events/tcp/27xxx/274xx/${port}/0001.json`) as [string, string];
  return { ports, files: [old, late] };
}

/** Kills an allocation before one change to the disk after the other, until one comes through; gives how many there are at least. */
export async function killEverywhere(
  bare: boolean,
  check: (path: string, at: number) => Promise<void>,
): Promise<number> {
  const [old, late] = claimsOf({ bare }).ports;
  const original = await newRegistry({ bare });
  const home = temporaryFolder();
  const vports = runner(home);
  expect((await vports(['allocate', 'old', '--port', old, '--registry', original])).status).toBe(0);
  for (let at = 1; ; at += oneIn({ few: 12, sample: 3 })) {
    const path = join(home, `${at}`);
    cpSync(original, path, { recursive: true });
    // A data folder each: a lock whose takers are killed one after the other, each a step further, keeps the last one busy for ever.
    const env = { KILL_AT: String(at), XDG_DATA_HOME: join(home, `data-${at}`) };
    const { signal, stdout } = await vports(['allocate', 'new', '--port', late, '--registry', path], {
      env,
      nodeArgs: ['--import', KILLER],
    });
    if (signal === null) {
      expect(stdout).toBe(late);
      return at;
    }
    await check(path, at);
  }
}
