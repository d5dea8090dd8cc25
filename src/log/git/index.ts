/** git as it is on the disk: objects, refs, packs, work trees, and the git program. It knows no event. */

export { type GitConfig, repositoryConfig, userConfig } from './config.js';
export * as guarded from './guarded-files.js';
export { realPath } from './guarded-files.js';
export { headRef } from './head.js';
export { isOfTrustedOwner } from './ownership.js';
export { branchName, branchRef, isBranchName } from './ref-name.js';
export { HeadMoved } from './refs.js';
export { openRepository, type Repository } from './repository.js';
export { standsForMain } from './worktrees.js';
