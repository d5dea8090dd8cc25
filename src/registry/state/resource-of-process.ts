import { dirname, join } from 'node:path';
import { ownerOf } from '../../../events/lease.js';
import { isResourceName } from '../../../events/names.js';
import type { Holding } from '../../../events/stream.js';
import { attempt } from '../../attempt.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import type { Listener } from '../../host/listener.js';
import { folderOf, sharesFiles, variableOf } from '../../host/process-facts.js';
import { isWithin } from '../../host/process-tree.js';
import { livenessOf } from '../../process/identity.js';
import { existsSync } from '../../world/files.js';
import { holdingsOf, type View } from '../decide/view.js';

/** Set by `exec`; identifies the resource of a listener for certain. */
export const RESOURCE_VARIABLE = 'VPORTS_RESOURCE';

/** How many folders up to search for a service.json: `web/api` belongs to `web`. */
const STEPS = 2;

interface Known {
  holder?: Holding | undefined;
  /** Whether a name is a known resource; other names in a service.json prove nothing. */
  isResource?: (name: string) => boolean;
}

export function attributeListeners(listeners: Listener[], known: Known = {}): Listener[] {
  return listeners.map((it) => ({ ...it, ...(it.pid !== null && resourceOf(it.pid, known)) }));
}

export function holdsIn(view: View): (name: string) => boolean {
  return (name) => holdingsOf(view, name).length > 0;
}

function resourceOf(
  pid: number,
  { holder, isResource = () => true }: Known,
): Pick<Listener, 'resource' | 'evidence' | 'certain'> | undefined {
  const owner = ownerOf(holder?.lease);
  if (holder && owner && livenessOf(owner) === 'alive' && isWithin(pid, owner.pid)) {
    return {
      resource: holder.resource,
      evidence: `process ${owner.pid}, which has the lease, started it`,
      certain: true,
    };
  }
  const name = variableOf(pid, RESOURCE_VARIABLE);
  if (name && isResourceName(name)) {
    return { resource: name, evidence: `its environment says ${RESOURCE_VARIABLE}=${name}`, certain: true };
  }
  if (!sharesFiles(pid)) return undefined;
  const folder = folderOf(pid);
  const service = folder === undefined ? undefined : serviceOf(folder);
  if (!service || !isResource(service.resource)) return undefined;
  const evidence = `it runs in ${folder}, and ${service.path} names it`;
  return { resource: service.resource, evidence, certain: false };
}

function serviceOf(folder: string): { resource: string; path: string } | undefined {
  let at = folder;
  for (let step = 0; step <= STEPS; step++) {
    const opened = attempt(() => openResourceFolder(at));
    const { resource, path } = opened?.service ?? {};
    if (resource !== undefined && path !== undefined) return { resource, path };
    if (!opened || existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
    at = dirname(at);
  }
  return undefined;
}
