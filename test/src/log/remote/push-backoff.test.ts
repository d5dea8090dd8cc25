import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PushBackoff } from '../../../../src/log/remote/push-backoff.js';
import { put, temporaryFolder } from '../../../support/folders.js';

function given() {
  const folder = temporaryFolder();
  const file = join(folder, 'lost-races');
  const standing = () => readFileSync(file, 'latin1').split(' ').map(Number) as [number, number, number];
  return { races: new PushBackoff(folder), file, standing };
}

/** Resolves at once where nobody is to wait: what waits is never awaited here. */
async function waits(races: PushBackoff): Promise<boolean> {
  const turn = races.turn().then(() => false);
  return Promise.race([turn, new Promise<boolean>((done) => setImmediate(() => done(true)))]);
}

describe('races lost at a remote', () => {
  test('given none: nobody waits, and a race that is won leaves no trace', async () => {
    const { races, file } = given();
    races.won();
    expect([await waits(races), existsSync(file)]).toEqual([false, false]);
  });

  test('given one lost after another: the wait is within twice as long each time, and never beyond its bound', () => {
    const { races, standing } = given();
    for (let lost = 1; lost <= 40; lost++) {
      races.lost(500);
      const [counted, until, written] = standing();
      expect(counted).toBe(Math.min(lost, 32));
      expect(until - written).toBeLessThanOrEqual(Math.min(500 * 2 ** lost, 16_000));
    }
  });

  test('given one won: it takes one that was lost back, and nobody waits', async () => {
    const { races, file, standing } = given();
    races.lost(500);
    races.lost(500);
    races.won();
    expect([standing()[0], await waits(races)]).toEqual([1, false]);
    races.won();
    expect(existsSync(file)).toBe(false);
  });

  test('given a time to come: it is waited for', async () => {
    const { races, file } = given();
    put(file, `2 ${Date.now() + 10_000} ${Date.now()}`);
    expect(await waits(races)).toBe(true);
  });

  test.each<[string, () => string]>([
    ['is empty', () => ''],
    ['is torn', () => `2 ${Date.now() + 10_000}`],
    ['is no numbers', () => 'a b c'],
    ['is old', () => `2 ${Date.now() + 10_000} ${Date.now() - 120_000}`],
    ['is of the future', () => `2 ${Date.now() + 99_000} ${Date.now() + 90_000}`],
    ['asks for a day', () => `2 ${Date.now() + 86_400_000} ${Date.now()}`],
  ])('given a record that %s: nobody waits', async (_, text) => {
    const { races, file } = given();
    put(file, text());
    expect(await waits(races)).toBe(false);
  });
});
