/** Repairs damage of objects, refs and set-up. */
export { type DamagedObject, findObjectDamage } from './damaged-objects.js';
export { mendObjects } from './mend-objects.js';
export { findOlderRefs, findRefDamage, findSetUpDamage, mendRefs, mendSetUp } from './mend-refs.js';
