/** The other repository: its URL, its branches, what brings commits there and back, and what it answers. */
export { askCredentials, NO_TOKENS } from './ask-credentials.js';
export { branchHeads, QUEUE } from './branch-heads.js';
export { branchRecords } from './branch-records.js';
export { cleanLines } from './host-lines.js';
export { mayHaveArrived } from './may-have-arrived.js';
export { type RemoteOf, remoteOf, sharedBranchOf } from './remote-of.js';
export {
  folderNameFor,
  isRemoteUrl,
  pullRequestUrl,
  requireRemoteUrl,
  withoutSecrets,
} from './remote-url.js';
