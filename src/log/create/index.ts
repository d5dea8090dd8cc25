/** How a registry comes into being: a folder, a part of a monorepo, a clone, the first push. */
export { cloneRegistry, configFor } from './clone.js';
export { createRegistry } from './create.js';
export { createInRepository } from './create-in-repo.js';
export { publishNew, requireEmptyRemote } from './publish-new.js';
export { newRegistryId, policyWithId } from './registry-id.js';
