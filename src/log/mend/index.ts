/** The way back from damage: what is wrong with objects, refs and set-up, and what can be put right. */
export { type DamagedObject, findObjectDamage } from './damaged-objects.js';
export { mendObjects } from './mend-objects.js';
export { findOlderRefs, findRefDamage, findSetUpDamage, mendRefs, mendSetUp } from './mend-refs.js';
