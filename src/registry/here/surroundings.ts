import type { ResourceFolder } from '../../documents/resource-folder.js';
import type { View } from '../decide/view.js';
import type { Place } from '../locate/locate-registry.js';
import type { ClaimedPort } from '../query/queries.js';
import type { Logs } from '../state/logs.js';

/** The part of a registry needed by commands about the current folder. */
export interface Surroundings {
  logs: Logs;
  place: Place;
  cwd: string;
  /** Names as this project sees them; with `reads` also names of others that it does not use itself. */
  view: (options?: { at?: string | undefined; reads?: boolean | undefined }) => Promise<View>;
  claims: () => Promise<ClaimedPort[]>;
  folderOf: (resource: string) => ResourceFolder | undefined;
}
