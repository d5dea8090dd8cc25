/** Judges a registry, or what a branch adds to one: by its trees, its events, its policies and its signatures. */

export { verifyPush } from './pushed.js';
export { type Restoration, restorationOf } from './restoration.js';
export type { Verified } from './verdict.js';
export { verify } from './verify.js';
