/** What may be wrong with a log: each commit's changes, and what was left behind by who was killed. */

export { mendedAttributes } from './attributes.js';
export { Audit, type TreeFile } from './audit.js';
export { diagnoseRepository, leftLock, tidy } from './diagnose.js';
export type { FileChange } from './history-changes.js';
