/** The shared branch: fetched, followed, and published to through a queue; and the branches for requests. */
export type { CaughtUp } from './catch-up.js';
export { SharedLog } from './shared-log.js';
