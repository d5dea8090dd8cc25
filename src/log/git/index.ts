/** git on the disk: objects, refs, packs, work trees, and the git program. Knows nothing of events. */

export { type GitConfig, repositoryConfig, userConfig } from './config.js';
export * as guarded from './guarded-files.js';
export { realPath } from './guarded-files.js';
export { headRef } from './head.js';
export { hasTrustedOwner } from './ownership.js';
export { branchName, branchRef, isBranchName } from './ref-name.js';
export { HeadMoved, readRef } from './refs.js';
export { openRepository, type Repository } from './repository.js';
export { standsForMain } from './worktrees.js';
