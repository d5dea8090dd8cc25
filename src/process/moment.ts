import { world } from '../world/index.js';
import { processTable } from './system.js';

/** A point in time that nobody can set wrong: it is of one boot of one machine, and means nothing to any other. */
export interface Moment {
  /** As a process identity has it; empty where the system does not tell. */
  boot: string;
  /** Milliseconds on the system's monotonic clock, which all processes share. */
  at: number;
}

export function thisMoment(): Moment {
  return { boot: processTable().boot(), at: Math.floor(world.elapsed()) };
}

/** Milliseconds from one to the other, below zero for the other way round. Undefined where that cannot be told. */
export function passedBetween(earlier: Moment | undefined, later: Moment): number | undefined {
  if (!earlier?.boot || earlier.boot !== later.boot) return undefined;
  return later.at - earlier.at;
}

/** A moment as JSON, which `parseMoment` reads. What is anything else is no moment. */
export function parseMoment(text: string): Moment | undefined {
  try {
    const { boot, at } = JSON.parse(text);
    return typeof boot === 'string' && Number.isFinite(at) ? { boot, at } : undefined;
  } catch {
    return undefined;
  }
}
