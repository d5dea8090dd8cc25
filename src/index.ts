/** The library: `openRegistry()` has the verbs of the command line. Nothing here prints, exits or reads argv. */
export type { NewEvent, PortEvent } from '../events/event.js';
export type { PortRef, Protocol } from '../events/port.js';
export { type ErrorCode, EXIT_CODES, VportsError, type Warning } from './errors.js';
export type { Listener } from './host/listener.js';
export type { Policy, PolicyRange } from './policy/policy.js';
export type { Check } from './registry/query/check.js';
export type { ListedPort, ListFilter, RangeUse } from './registry/query/queries.js';
export type { RegistryOptions } from './registry/registry.js';
export { Registry } from './registry/registry.js';
export { createdRegistry as initRegistry } from './registry/verbs/init.js';
export type { Common, GrantedPort, Grants, Outcome } from './registry/write/outcome.js';

import { Registry, type RegistryOptions } from './registry/registry.js';

/**
 * Opens a registry: `path`, else VPORTS_REGISTRY, the nearest .vports.json above `cwd`, then the embedded one.
 * Throws VportsError; close() it when done.
 */
export async function openRegistry(options: RegistryOptions = {}): Promise<Registry> {
  return Registry.open(options);
}
