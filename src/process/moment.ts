import { attempt } from '../attempt.js';
import { world } from '../world/index.js';
import { processTable } from './system.js';

/** A point in time that nobody can set wrong: valid for one boot of one machine only. */
export interface Moment {
  /** As in a process identity; empty if the system does not report it. */
  boot: string;
  /** Milliseconds of the system's monotonic clock, common to all processes. */
  at: number;
}

export function thisMoment(): Moment {
  return { boot: processTable().boot(), at: Math.floor(world.elapsed()) };
}

/** Milliseconds from `earlier` to `later`, possibly negative. Undefined if the two are of different or unknown boots. */
export function passedBetween(earlier: Moment | undefined, later: Moment): number | undefined {
  if (!earlier?.boot || earlier.boot !== later.boot) return undefined;
  return later.at - earlier.at;
}

export function parseMoment(text: string): Moment | undefined {
  const { boot, at } = attempt(() => JSON.parse(text)) ?? {};
  return typeof boot === 'string' && Number.isFinite(at) ? { boot, at } : undefined;
}
