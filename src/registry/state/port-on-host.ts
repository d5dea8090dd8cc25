import type { PortRef } from '../../../events/port.js';
import type { Warning } from '../../errors.js';
import { assignedName } from '../../host/assigned-names.js';
import { hostEvidence } from '../../host/evidence.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { hazards, provenHazards } from '../../policy/hazards.js';
import { holderAt, holdingNamed, type View } from '../decide/view.js';
import { type OnThisHost, runsForAnother } from '../query/check.js';
import { attributeListeners, holdsIn } from './resource-of-process.js';

/** What this machine says of a port: who is bound to it, for whom, and what may one day stand in its way. */
export async function onThisHost(view: View, ref: PortRef): Promise<OnThisHost> {
  const holder = holderAt(view, ref);
  const [bound, evidence] = await Promise.all([listenersOn(ref), hostEvidence([ref])]);
  const listeners = attributeListeners(bound, { holder, isResource: holdsIn(view) });
  return {
    listeners,
    stranger: holder && listeners.find((it) => runsForAnother(holder, it)),
    hazards: hazards(ref, evidence, assignedName(ref)),
  };
}

/** What this machine itself gives evidence of, for ports that were granted just now: a hazard once, however many ports. */
export async function provenHere(refs: PortRef[]): Promise<Warning[]> {
  if (refs.length === 0) return [];
  const evidence = await hostEvidence(refs);
  const found = new Map<string, Warning>();
  for (const ref of refs) {
    for (const it of provenHazards(ref, evidence)) if (!found.has(it.code)) found.set(it.code, it);
  }
  return [...found.values()];
}

/** Who is bound to a port that the resource holds already and is known to run for another, in words, by port name. */
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
      strangers.set(
        name,
        `process ${stranger.pid}, which is bound to it, runs for ${stranger.resource}: ${stranger.evidence}`,
      );
    }
  }
  return strangers;
}
