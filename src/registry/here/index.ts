/** Where a command is run: the resource of the folder, the instance of the work tree, and the ports that are meant by a name here. */

export { type AskedVariable, portAsked, variableAsked } from './asked-variables.js';
export type { Here, HereOptions } from './here.js';
export { type Leasing, type PortHere, portNamed, portsOf, refuseClash, urlOf } from './ports-here.js';
export { asMeantHere } from './resolve-targets.js';
export { foldersUpTo, isOwnFolder, resourceHere } from './resource-here.js';
export { SLUG_VARIABLE, slugOf } from './slug.js';
export type { Surroundings } from './surroundings.js';
export { namesOf, type Target } from './targets.js';
