/** What the current folder implies: its resource, the instance of its work tree, and their ports. */

export { type AskedVariable, portAsked, variableAsked } from './asked-variables.js';
export type { Here, HereOptions } from './here.js';
export { type Leasing, type PortHere, portNamed, portsOf, refuseClash, urlOf } from './ports-here.js';
export { asMeantHere } from './resolve-targets.js';
export { foldersUpTo, isOwnFolder, resourceHere } from './resource-here.js';
export { SLUG_VARIABLE, slugOf } from './slug.js';
export type { Surroundings } from './surroundings.js';
export { namesOf, type Target } from './targets.js';
