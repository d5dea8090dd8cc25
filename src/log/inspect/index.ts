/** Finds problems of a log: the changes of each commit, and leftovers of killed processes. */

export { type EditedEvent, isEventAt, type Judgement, verdictOf } from '../counted/index.js';
export type { TreeFile } from '../git/tree.js';
export { fixedAttributes } from './attributes.js';
export { Audit } from './audit.js';
export { damageInWords } from './damaged-log.js';
export { diagnoseRepository, isInterrupted, leftLock, removeStaleFiles } from './diagnose.js';
export type { FileChange } from './history-changes.js';
export { policyHistory } from './policy-history.js';
