import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PushBackoff } from '../../../../src/log/remote/push-backoff.js';
import { thisMoment } from '../../../../src/process/moment.js';
import { handIn, world } from '../../../../src/world/index.js';
import { pushesFrom, simulatedTime, timesAtChance } from '../../../simulation/pushes.js';
import type { Scheduler } from '../../../simulation/scheduler.js';

const FOLDER = '/transport';
const FILE = join(FOLDER, 'next-try');
const real = world;
afterEach(() => handIn(real));

/** How long the next try waits, in milliseconds; undefined where it would wait for ever. */
function waits(races: PushBackoff, scheduler: Scheduler): Promise<number> {
  const begun = scheduler.time;
  const turn = races.turn().then(() => scheduler.time - begun);
  scheduler.run();
  return turn;
}

describe('races lost at a remote', () => {
  test('given none: nobody waits', async () => {
    const { scheduler } = simulatedTime();
    const races = new PushBackoff(FOLDER);
    races.won();
    expect([await waits(races, scheduler), races.hasLost()]).toEqual([0, false]);
  });

  test('given one lost after another: none is waited for longer than it took', async () => {
    const { scheduler } = simulatedTime();
    const races = new PushBackoff(FOLDER);
    const waited: number[] = [];
    for (let lost = 0; lost < 200; lost++) {
      races.lost(500);
      waited.push(await waits(races, scheduler));
    }
    expect(Math.max(...waited)).toBeLessThanOrEqual(500);
    expect(Math.max(...waited)).toBeGreaterThan(450);
    expect(Math.min(...waited)).toBeLessThan(50);
  });

  test('given one won after many that were lost: all are forgotten', async () => {
    const { scheduler } = simulatedTime();
    const races = new PushBackoff(FOLDER);
    for (let lost = 0; lost < 9; lost++) races.lost(500);
    races.won();
    expect([await waits(races, scheduler), races.hasLost()]).toEqual([0, false]);
  });

  test.each<[string, () => string]>([
    ['is empty', () => ''],
    ['is torn', () => '{"boot": "x", "a'],
    ['is no moment', () => '[1, 2]'],
    ['is of another boot', () => JSON.stringify({ boot: 'other', at: thisMoment().at + 1_000 })],
    ['is past', () => JSON.stringify({ ...thisMoment(), at: thisMoment().at - 1_000 })],
    ['asks for a day', () => JSON.stringify({ ...thisMoment(), at: thisMoment().at + 86_400_000 })],
  ])('given a record that %s: nobody waits', async (_, text) => {
    const { scheduler, files } = simulatedTime();
    files.mkdirSync(FOLDER, { recursive: true });
    files.writeFileSync(FILE, text());
    expect(await waits(new PushBackoff(FOLDER), scheduler)).toBe(0);
  });
});

/** From the look at the remote to its answer, in milliseconds. */
const ROUND_TRIP = 1_500;

describe('a remote that many machines push to', () => {
  test('of 15,000 pushes in eight hours, at chance, 19 of 20 take 40 seconds at most', async () => {
    const took = await pushesFrom(timesAtChance(15_000), ROUND_TRIP);
    expect(took).toHaveLength(15_000);
    expect(took[Math.floor(15_000 * 0.95)]! / 1_000).toBeLessThanOrEqual(40);
  });

  test('of 64 at once, the last one waits for little more than one round trip each', async () => {
    const took = await pushesFrom(
      Array.from({ length: 64 }, () => 0),
      ROUND_TRIP,
    );
    expect(took.at(-1)! / (64 * ROUND_TRIP)).toBeLessThanOrEqual(1.2);
  });
});
