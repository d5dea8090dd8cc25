/** The shared branch: fetched, followed, and published to through a queue. */
export { SharedLog } from './shared-log.js';
