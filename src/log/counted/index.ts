/** Which events count on the shared branch: each in its first version there, whatever happened to it since. */
export { CountedEvents, type LostEvent } from './counted-events.js';
export { type EditedEvent, type Judgement, verdictOf } from './judgement.js';
export { joinsNamesakes } from './shared-parent.js';
export { isEventAt } from './without-strays.js';
