/** The shared branch: fetched, followed, and published to through a queue; and the branches beside it. */
export type { CaughtUp } from './catch-up.js';
export { SharedLog } from './shared-log.js';
