/** Creates registries: in a folder, in a monorepo, as a clone, by the first push. */
export { cloneRegistry, configFor } from './clone.js';
export { createRegistry } from './create.js';
export { createInRepository } from './create-in-repo.js';
export { publishNew, requireEmptyRemote } from './publish-new.js';
export { newRegistryId, policyWithId } from './registry-id.js';
