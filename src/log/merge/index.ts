/** Merges two branches: conflicts, and how an unfinished merge is settled. */
export { BranchMerge, replacedRef } from './branch-merge.js';
export { asStaged, type Conflict, conflictIn, noteInMerge, settle, stageAsIs } from './merge-in-progress.js';
