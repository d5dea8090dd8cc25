/** Checks a registry, or what a branch adds: trees, events, policies, signatures. */

export { type Restoration, restorationOf } from './restoration.js';
export type { Verified } from './verdict.js';
export { verify } from './verify.js';
