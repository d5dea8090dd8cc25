import { world } from './world/index.js';

/** Reports long work now and then: how much is done, what is being done, or what the command waits for, in words. */
export type Progress = (
  news: { done: number; total: number } | { doing: string } | { waitsFor: string },
) => void;

/** Milliseconds before a wait is reported: a shorter one would be over before anybody has read it. */
export const REPORT_AFTER = 1_500;

/** Runs `work`, and reports what it waits for if that takes long. */
export async function whileWaiting<T>(
  progress: Progress | undefined,
  waitsFor: string,
  work: () => Promise<T>,
): Promise<T> {
  if (!progress) return work();
  const forget = world.after(REPORT_AFTER, () => progress({ waitsFor }));
  try {
    return await work();
  } finally {
    forget();
  }
}
