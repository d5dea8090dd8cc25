/** The branch that all share: looked at, followed, and published to through one queue. */
export { SharedLog } from './shared-log.js';
