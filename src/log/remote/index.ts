/** Remotes: URLs, branches, transports and their answers. */
export { mayHaveArrived } from './may-have-arrived.js';
export { ownBranches } from './own-branches.js';
export { type RemoteOf, remoteOf, sharedBranchOf } from './remote-of.js';
export {
  folderNameFor,
  isRemoteUrl,
  pullRequestUrl,
  requireRemoteUrl,
  withoutSecrets,
} from './remote-url.js';
