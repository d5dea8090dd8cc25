import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Holding } from '../../events/stream.js';
import { openResourceFolder } from '../documents/resource-folder.js';
import type { Listener } from '../host/listener.js';
import { folderOf, variableOf } from '../host/process-facts.js';
import { isWithin } from '../host/process-tree.js';
import { livenessOf } from '../process-identity.js';

/** What `exec` tells its command, and what names the resource of a listener beyond doubt. */
export const RESOURCE_VARIABLE = 'VPORTS_RESOURCE';

/** How far above a process's folder its service.json may stand: `web/api` belongs to `web`. */
const STEPS = 2;

/** The listeners with the resource each runs for, where that can be told. `holder` is who has the port on record. */
export function withResources(listeners: Listener[], holder?: Holding): Listener[] {
  return listeners.map((it) => ({ ...it, ...(it.pid !== null && resourceOf(it.pid, holder)) }));
}

function resourceOf(
  pid: number,
  holder: Holding | undefined,
): Pick<Listener, 'resource' | 'evidence'> | undefined {
  const owner = holder?.lease?.owner;
  if (owner && livenessOf(owner) === 'alive' && isWithin(pid, owner.pid)) {
    return {
      resource: holder.resource,
      evidence: `it was started by process ${owner.pid}, which has the lease`,
    };
  }
  const told = variableOf(pid, RESOURCE_VARIABLE);
  if (told) return { resource: told, evidence: `its environment says ${RESOURCE_VARIABLE}=${told}` };
  const folder = folderOf(pid);
  const service = folder === undefined ? undefined : serviceOf(folder);
  return (
    service && { resource: service.resource, evidence: `it runs in ${folder}, and ${service.path} names it` }
  );
}

function serviceOf(folder: string): { resource: string; path: string } | undefined {
  let at = folder;
  for (let step = 0; step <= STEPS; step++) {
    try {
      const { service } = openResourceFolder(at);
      if (service?.resource !== undefined) return { resource: service.resource, path: service.path };
    } catch {
      // A service.json that cannot be read names nobody.
      return undefined;
    }
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
    at = dirname(at);
  }
  return undefined;
}
