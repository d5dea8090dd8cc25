/** Opens pull requests for the branches of this machine, and asks what became of them. */
export { alongWithPush } from './by-push.js';
export { follow } from './follow.js';
export { type Proposed, type Pushed, propose } from './propose.js';
