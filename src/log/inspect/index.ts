/** What may be wrong with a log: each commit's changes, and what was left behind by who was killed. */

export { type EditedEvent, isEventAt, type Judgement, verdictOf } from '../counted/index.js';
export type { TreeFile } from '../git/tree.js';
export { mendedAttributes } from './attributes.js';
export { Audit } from './audit.js';
export { damageInWords } from './damaged-log.js';
export { diagnoseRepository, isInterrupted, leftLock, tidy } from './diagnose.js';
export type { FileChange } from './history-changes.js';
