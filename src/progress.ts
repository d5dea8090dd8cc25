import { world } from './world/index.js';

/** Told now and then what takes long: how much of it is done, what is being done, or what the command waits for, in words. */
export type Progress = (
  news: { done: number; total: number } | { doing: string } | { waitsFor: string },
) => void;

/** What a command waits for is told after so many milliseconds: sooner, nobody would have read it. */
export const TOLD_AFTER = 1_500;

/** Runs `work`, and tells what it waits for where that takes long. */
export async function whileWaiting<T>(
  progress: Progress | undefined,
  waitsFor: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!progress) return work();
  const forget = world.after(TOLD_AFTER, () => progress({ waitsFor }));
  try {
    return await work();
  } finally {
    forget();
  }
}
