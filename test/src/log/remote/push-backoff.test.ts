import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PushBackoff } from '../../../../src/log/remote/push-backoff.js';
import { thisMoment } from '../../../../src/process/moment.js';
import { handIn, type ProcessTable, world } from '../../../../src/world/index.js';
import { Chance } from '../../../simulation/chance.js';
import { Disk } from '../../../simulation/disk.js';
import { Scheduler } from '../../../simulation/scheduler.js';

const FOLDER = '/transport';
const FILE = join(FOLDER, 'next-try');
const real = world;
afterEach(() => handIn(real));

const PROCESSES: ProcessTable = {
  boot: () => 'this boot',
  namespace: () => '1',
  look: () => undefined,
  ownStart: () => '1',
  isSameStart: (one, other) => one === other,
};

/** A world in which time is what the scheduler says. */
function simulated(seed = 1) {
  const chance = new Chance(seed);
  const scheduler = new Scheduler(chance);
  const disk = new Disk(() => scheduler.time);
  const files = disk.seenBy(() => undefined);
  handIn({
    ...real,
    elapsed: () => scheduler.time,
    random: () => chance.next(),
    after: (milliseconds, work) => scheduler.after(milliseconds, work),
    processes: PROCESSES,
    files,
  });
  return { chance, scheduler, files };
}

/** How long the next try waits, in milliseconds; undefined where it would wait for ever. */
function waits(races: PushBackoff, scheduler: Scheduler): Promise<number> {
  const begun = scheduler.time;
  const turn = races.turn().then(() => scheduler.time - begun);
  scheduler.run();
  return turn;
}

describe('races lost at a remote', () => {
  test('given none: nobody waits', async () => {
    const { scheduler } = simulated();
    const races = new PushBackoff(FOLDER);
    races.won();
    expect([await waits(races, scheduler), races.hasLost()]).toEqual([0, false]);
  });

  test('given one lost after another: none is waited for longer than it took', async () => {
    const { scheduler } = simulated();
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
    const { scheduler } = simulated();
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
    const { scheduler, files } = simulated();
    files.mkdirSync(FOLDER, { recursive: true });
    files.writeFileSync(FILE, text());
    expect(await waits(new PushBackoff(FOLDER), scheduler)).toBe(0);
  });
});

/** From the look at the remote to its answer, in milliseconds. */
const ROUND_TRIP = 1_500;

/**
 * Machines that push once each, from the times given, as SharedLog does: look, and be answered a round trip later, with success where
 * nobody else was answered so since the look. Gives how long each took, in milliseconds.
 */
async function pushesFrom(times: number[]): Promise<number[]> {
  const { scheduler } = simulated(times.length);
  const took: number[] = [];
  let lastSuccess = Number.NEGATIVE_INFINITY;
  const arrive = (machine: number) => {
    const begun = times[machine];
    if (begun === undefined) return;
    scheduler.after(begun - scheduler.time, () => push(machine, begun));
  };
  const push = (machine: number, begun: number) => {
    arrive(machine + 1);
    const races = new PushBackoff(`/machine-${machine}`);
    const attempt = () => {
      const looked = scheduler.time;
      scheduler.after(ROUND_TRIP, () => {
        if (lastSuccess <= looked) {
          lastSuccess = scheduler.time;
          took.push(scheduler.time - begun);
          return;
        }
        races.lost(ROUND_TRIP);
        const { at } = JSON.parse(world.files.readFileSync(`/machine-${machine}/next-try`, 'utf8'));
        scheduler.after(at - Math.floor(scheduler.time), attempt);
      });
    };
    attempt();
  };
  arrive(0);
  scheduler.run();
  return took.sort((a, b) => a - b);
}

describe('a remote that many machines push to', () => {
  test('of 15,000 pushes in eight hours, at chance, 19 of 20 take 40 seconds at most', async () => {
    const chance = new Chance(8);
    let at = 0;
    const times = Array.from({ length: 15_000 }, () => {
      at += (-Math.log(1 - chance.next()) * 8 * 3_600_000) / 15_000;
      return at;
    });
    const took = await pushesFrom(times);
    expect(took).toHaveLength(15_000);
    expect(took[Math.floor(15_000 * 0.95)]! / 1_000).toBeLessThanOrEqual(40);
  });

  test('of 64 at once, the last one waits for little more than one round trip each', async () => {
    const took = await pushesFrom(Array.from({ length: 64 }, () => 0));
    expect(took.at(-1)! / (64 * ROUND_TRIP)).toBeLessThanOrEqual(1.2);
  });
});
