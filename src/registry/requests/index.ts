/** Opens pull requests for the branches of this machine, and asks what became of them. */
export { follow } from './follow.js';
export { type Proposed, propose } from './propose.js';
