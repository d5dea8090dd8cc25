import { linkSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newNonce, nextInQueue, untilGone } from '../../../../src/log/lock/lock-queue.js';
import { put, temporaryFolder } from '../../../support/folders.js';

/** Longer than any test may take. */
const FOR_EVER = 10 ** 6;

describe('who is ahead', () => {
  test('is whoever came last before oneself, of those who wait', () => {
    const nonce = fc.stringMatching(/^[0-9a-f]{24}$/);
    fc.assert(
      fc.property(
        fc.uniqueArray(nonce, { maxLength: 8 }),
        nonce,
        fc.func(fc.boolean()),
        (all, mine, waits) => {
          const folder = temporaryFolder();
          for (const it of [...all, mine]) put(join(folder, `writer.${it}`), '');
          const waiting = all.filter((it) => it < mine && waits(join(folder, `writer.${it}`)));
          const last = waiting.sort().at(-1);
          expect(nextInQueue(join(folder, `writer.${mine}`), waits)).toBe(
            last && join(folder, `writer.${last}`),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  test('is told by files of the line only', () => {
    const folder = temporaryFolder();
    const [mine, other] = ['1', '0'].map((it) => `writer.${it.repeat(24)}`) as [string, string];
    for (const name of [mine, 'writer.lock', `writer.lock.${'0'.repeat(24)}`, `${other}.copy`, 'writer.0'])
      put(join(folder, name), '');
    expect(nextInQueue(join(folder, mine), () => true)).toBeUndefined();
  });

  test('came before: nonces of later moments sort behind, and all have one length', () => {
    const before = newNonce();
    const moment = Date.now();
    while (Date.now() === moment);
    const after = newNonce();
    expect(before < after).toBe(true);
    expect([before, after].every((it) => /^[0-9a-f]{24}$/.test(it))).toBe(true);
  });
});

describe('waiting for a file to be gone', () => {
  test('ends when it is removed, also under one of two names', async () => {
    const folder = temporaryFolder();
    const file = put(join(folder, 'a'), '');
    linkSync(file, join(folder, 'b'));
    const gone = untilGone(file, FOR_EVER, FOR_EVER);
    rmSync(file);
    await gone;
  });

  test('ends when another file is put in its place', async () => {
    const folder = temporaryFolder();
    const file = put(join(folder, 'a'), '');
    const gone = untilGone(file, FOR_EVER, FOR_EVER);
    renameSync(put(join(folder, 'b'), ''), file);
    await gone;
  });

  test('ends at once where there is none', async () => {
    await untilGone(join(temporaryFolder(), 'a'), FOR_EVER, FOR_EVER);
  });

  test('goes on while it only gets another name, and ends after the longest time', async () => {
    const folder = temporaryFolder();
    const file = put(join(folder, 'a'), '');
    let ended = false;
    const gone = untilGone(file, FOR_EVER, FOR_EVER).then(() => {
      ended = true;
    });
    linkSync(file, join(folder, 'b'));
    await untilGone(file, 50, FOR_EVER);
    expect(ended).toBe(false);
    rmSync(file);
    await gone;
  });
});
