/** Turns events into a commit, and moves branch and work tree to it. */
export { type Author, author, isFirstTime } from './author.js';
export { subjectBy } from './commit-message.js';
export { eventIds } from './event-ids.js';
export { signAsConfigured, signsEvents } from './sign-command.js';
export { type StreamEnd, stamp } from './stamp.js';
export { withWriteErrors } from './write-errors.js';
