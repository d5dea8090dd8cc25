import { comparePorts, type PortRef } from '../../../events/port.js';
import type { Warning } from '../../errors.js';
import { allListeners } from '../../host/all-listeners.js';
import type { Listener } from '../../host/listener.js';
import { folderOf } from '../../host/process-facts.js';
import { holderAt, type View } from '../decide/view.js';
import { urlOf } from '../here/index.js';
import { notTheHolder, runsForAnother } from '../query/check.js';
import { attributeListeners, holdsIn } from '../state/resource-of-process.js';

export interface Running extends PortRef {
  resource: string | null;
  name: string | null;
  project: string | null;
  /** Working directory of the process; else the folder of the lease. */
  folder: string | null;
  url: string | null;
  pid: number | null;
  process: string | null;
  user: string | null;
  container: string | null;
  since: string | null;
}

export async function runningHere(
  view: View,
  { all = false }: { all?: boolean | undefined },
): Promise<{ running: Running[]; warnings: Warning[] }> {
  const warnings: Warning[] = [];
  const running = (await allListeners()).sort(comparePorts).flatMap((it) => {
    const holder = holderAt(view, it);
    if (!holder) return all ? [rowOf(it, undefined)] : [];
    const [listener] = attributeListeners([it], { holder, isResource: holdsIn(view) });
    if (runsForAnother(holder, listener!)) warnings.push(notTheHolder(view, it, holder.resource, listener!));
    return [rowOf(it, holder)];
  });
  return { running, warnings };
}

function rowOf(listener: Listener, holder: ReturnType<typeof holderAt>): Running {
  const { port, protocol, pid, process, user, container, started } = listener;
  const lease = holder?.lease;
  return {
    port,
    protocol,
    resource: holder?.resource ?? null,
    name: holder?.name ?? null,
    project: holder?.project ?? null,
    folder: (pid === null ? undefined : folderOf(pid)) ?? (lease && 'folder' in lease ? lease.folder : null),
    url: protocol === 'tcp' ? urlOf({ port, https: false }) : null,
    pid,
    process,
    user,
    container,
    since: started,
  };
}
