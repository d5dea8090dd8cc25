/** What counts on the branch that all share: each event as it was when it first came there, whatever became of it since. */
export { CountedEvents, type LostEvent } from './counted-events.js';
export { type EditedEvent, type Judgement, verdictOf } from './judgement.js';
export { joinsNamesakes } from './shared-parent.js';
export { isEventAt } from './without-strays.js';
