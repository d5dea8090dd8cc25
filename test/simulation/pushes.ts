import { PushBackoff } from '../../src/log/remote/push-backoff.js';
import { handIn, type ProcessTable, world } from '../../src/world/index.js';
import { Chance } from './chance.js';
import { Disk } from './disk.js';
import { Scheduler } from './scheduler.js';

const real = world;
const PROCESSES: ProcessTable = {
  boot: () => 'this boot',
  namespace: () => '1',
  look: () => undefined,
  ownStart: () => '1',
  isSameStart: (one, other) => one === other,
};

/** A world in which time is what the scheduler says. */
export function simulatedTime(seed = 1) {
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

/**
 * Machines that push once each, from the times given, as SharedLog does: look, and be answered a round trip later, with success where
 * nobody else was answered so since the look. All times are in milliseconds. Gives how long each took, the shortest first.
 */
export async function pushesFrom(times: number[], roundTrip: number): Promise<number[]> {
  const { scheduler } = simulatedTime(times.length);
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
      scheduler.after(roundTrip, () => {
        if (lastSuccess <= looked) {
          lastSuccess = scheduler.time;
          took.push(scheduler.time - begun);
          return;
        }
        races.lost(roundTrip);
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

/** The times of so many pushes in eight hours, at chance, in milliseconds. */
export function timesAtChance(pushes: number, seed = 8): number[] {
  const chance = new Chance(seed);
  let at = 0;
  return Array.from({ length: pushes }, () => {
    at += (-Math.log(1 - chance.next()) * 8 * 3_600_000) / pushes;
    return at;
  });
}
