export { CountedEvents, type LostEvent } from './counted-events.js';
