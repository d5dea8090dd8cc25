/** The log in order of time, with the origins of events; and committed versions of other files. */
export { type CommittedVersions, committedVersions } from './committed-versions.js';
