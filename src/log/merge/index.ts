/** Two branches that come together: what conflicts, and how a merge under way is told and settled. */
export { BranchMerge } from './branch-merge.js';
export { asStaged, type Conflict, conflictIn, noteInMerge, settle, stageAsIs } from './merge-in-progress.js';
