import { comparePorts, type PortRef } from '../../../events/port.js';
import type { Warning } from '../../errors.js';
import { allListeners } from '../../host/all-listeners.js';
import type { Listener } from '../../host/listener.js';
import { folderOf } from '../../host/process-facts.js';
import { holderAt, type View } from '../decide/view.js';
import { urlOf } from '../here/index.js';
import { notTheHolder, runsForAnother } from '../query/check.js';
import { attributeListeners, holdsIn } from '../state/resource-of-process.js';

/** A listener of this machine, and the claim or lease that covers its port; what is not known is null. */
export interface Running extends PortRef {
  resource: string | null;
  name: string | null;
  project: string | null;
  /** Where its process runs; else the folder that the port is leased to. */
  folder: string | null;
  url: string | null;
  pid: number | null;
  process: string | null;
  user: string | null;
  container: string | null;
  /** ISO time of the start of its process. */
  since: string | null;
}

/** What listens here on ports that are held, with `all` on any other too, from the lowest port; and who is no holder of its port. */
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
