import type { PortRef } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Warning } from '../../errors.js';
import { assignedName } from '../../host/assigned-names.js';
import { hostEvidence } from '../../host/evidence.js';
import type { Listener } from '../../host/listener.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { isWithin } from '../../host/process-tree.js';
import { confirmedHazards, hazards } from '../../policy/hazards.js';
import type { Bounds } from '../../policy/policy.js';
import { holderAt, holdingNamed, type View } from '../decide/view.js';
import { type OnThisHost, runsForAnother } from '../query/check.js';
import { attributeListeners, holdsIn } from './resource-of-process.js';

export async function onThisHost(view: View, ref: PortRef): Promise<OnThisHost> {
  const holder = holderAt(view, ref);
  const [bound, evidence] = await Promise.all([listenersOn(ref), hostEvidence([ref])]);
  const listeners = attributeListeners(bound, { holder, isResource: holdsIn(view) });
  return {
    listeners,
    stranger: holder && strangerAmong(holder, listeners),
    hazards: hazards(ref, evidence, assignedName(ref)),
  };
}

/** A listener of another resource, or an unrelated one on another address next to the holder's server. */
function strangerAmong(holder: Holding, listeners: Listener[]): Listener | undefined {
  const other = listeners.find((it) => runsForAnother(holder, it));
  if (other) return other;
  const servers = listeners.filter(({ connected, pid }) => !connected && pid !== null);
  const own = servers.find(({ resource }) => resource !== null);
  const isKin = (pid: number) => isWithin(pid, own!.pid!) || isWithin(own!.pid!, pid);
  const elsewhere =
    own &&
    servers.find(
      ({ resource, container, address, pid }) =>
        resource === null && container === null && address !== own.address && !isKin(pid!),
    );
  return (
    elsewhere && {
      ...elsewhere,
      evidence: `process ${own.pid} of the holder listens on ${own.address}, not on ${elsewhere.address}`,
    }
  );
}

export async function exposedHere(): Promise<Bounds | undefined> {
  const { ephemeral, spared } = await hostEvidence([]);
  // Reserved ports (ip_local_reserved_ports) are safe; an administrator has set them.
  return ephemeral && spared.length === 0 ? { from: ephemeral.from, to: ephemeral.to } : undefined;
}

/** Hazards confirmed by this machine, each reported once. */
export async function hazardsHere(refs: PortRef[]): Promise<Warning[]> {
  if (refs.length === 0) return [];
  const evidence = await hostEvidence(refs);
  const found = new Map<string, Warning>();
  for (const ref of refs) {
    for (const it of confirmedHazards(ref, evidence)) if (!found.has(it.code)) found.set(it.code, it);
  }
  return [...found.values()];
}

/** Strangers on ports that the resource holds, in words, by port name. */
export async function strangersOn(
  view: View,
  resource: string,
  wants: { name: string }[],
): Promise<Map<string, string>> {
  const strangers = new Map<string, string>();
  for (const { name } of wants) {
    const holding = holdingNamed(view, resource, name);
    if (!holding) continue;
    const stranger = attributeListeners(await listenersOn(holding), {
      holder: holding,
      isResource: holdsIn(view),
    }).find((it) => runsForAnother(holding, it));
    if (stranger) {
      strangers.set(name, `process ${stranger.pid} of ${stranger.resource} uses it: ${stranger.evidence}`);
    }
  }
  return strangers;
}
