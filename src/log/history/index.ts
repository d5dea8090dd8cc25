/** The log in the order of time, what brought each event, and what commits had of other files. */
export { type CommittedVersions, committedVersions } from './committed-versions.js';
