import type { PortRef } from '../../../events/port.js';
import type { ResourceFolder } from '../../documents/resource-folder.js';
import type { OpenClaim } from '../../log/event-log.js';
import type { View } from '../decide/view.js';
import type { Place } from '../locate/locate-registry.js';
import type { Logs } from '../state/logs.js';

/** What a command that is run in a folder asks of the registry. */
export interface Surroundings {
  logs: Logs;
  place: Place;
  cwd: string;
  /** With the names of this project; with `reads` those of others too, where it has none of that name. */
  view: (options?: { at?: string | undefined; reads?: boolean | undefined }) => Promise<View>;
  /** What open branches want. */
  claims: () => Promise<(PortRef & OpenClaim)[]>;
  /** The folder here, where its service.json names the resource. */
  folderOf: (resource: string) => ResourceFolder | undefined;
}
