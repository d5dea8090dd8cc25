/** Checks a registry, or what a branch adds: trees, events, policies, signatures. */

export { policyOrNone } from './policies.js';
export { verifyPush } from './pushed.js';
export { type Restoration, restorationOf } from './restoration.js';
export { verify } from './verify.js';
