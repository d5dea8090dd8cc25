/** From events to a commit: who, when, which files, and how they get into a branch and a work tree. */
export { type Author, author, isFirstTime } from './author.js';
export { eventIds } from './event-ids.js';
export { signAsConfigured, signsEvents } from './sign-command.js';
export { type StreamEnd, stamp } from './stamp.js';
export { withWriteErrors } from './write-errors.js';
