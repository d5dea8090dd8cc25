import { baseOf, labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import type { Warning } from '../../errors.js';
import type { Listener } from '../../host/listener.js';
import type { OpenClaim } from '../../log/event-log.js';
import { damageOf, holderAt, isLapsed, refuse, unknownPolicy, type View } from '../decide/view.js';
import { type ListedPort, listed, type Verdict, verdictOn } from './queries.js';

export interface Check extends PortRef {
  verdict: Verdict;
  /** Free, or held by the asking resource, and without a known stranger on it. */
  available: boolean;
  holder: ListedPort | null;
  claim: OpenClaim | null;
  listeners: Listener[];
  warnings: Warning[];
}

/** What this machine knows about a port. */
export interface OnThisHost {
  listeners: Listener[];
  /** A listener of another resource than the holder. */
  stranger: Listener | undefined;
  hazards: Warning[];
}

/** Whether a port is available, for anybody or for one resource. `here` is null for the past. Throws STREAM_DAMAGED. */
export function check(view: View, ref: PortRef, here: OnThisHost | null, forResource?: string): Check {
  const damage = view.damaged.get(portKey(ref));
  if (damage) throw refuse(damageOf(portKey(ref), damage));
  const held = holderAt(view, ref);
  const unknown = held ? undefined : unknownPolicy(view);
  if (unknown) throw refuse(unknown);
  const holder = held && !isLapsed(view, held) ? held : undefined;
  const verdict = verdictOn(view, ref, holder, here !== null && here.listeners.length > 0);
  const stranger = holder && here?.stranger;
  const own = forResource !== undefined && holder?.resource === forResource && !stranger;
  const claim = view.claimed?.get(portKey(ref)) ?? null;
  const ownClaim = verdict === 'claimed' && claim?.resource === forResource;
  return {
    ...ref,
    verdict,
    available: verdict === 'available' || own || ownClaim,
    holder: holder ? listed(view, holder) : null,
    claim,
    listeners: here?.listeners ?? [],
    warnings: [
      ...(stranger ? [notTheHolder(view, ref, holder.resource, stranger)] : []),
      ...(here?.hazards ?? []),
    ],
  };
}

/** Whether a listener belongs to another resource, instances aside. */
export function runsForAnother(
  { resource, local = resource }: { resource: string; local?: string | undefined },
  listener: Listener,
): boolean {
  const names = [resource, local].flatMap((it) => [it, baseOf(it)]);
  return listener.resource !== null && !names.includes(listener.resource);
}

export function notTheHolder(
  view: View,
  ref: PortRef,
  holder: string,
  { pid, resource, address, evidence }: Listener,
): Warning {
  const port = formatPort(ref);
  const other = view.elsewhere?.get(portKey(ref));
  if (other) {
    return {
      code: 'HELD_ELSEWHERE',
      message: `${port} is held by ${holder}, but used by process ${pid} of ${resource}; another registry, ${other.registry}, gives it to ${labelOf(other)}`,
      hint: `move ${holder} (\`vports reassign ${holder}\`)`,
    };
  }
  return {
    code: 'NOT_THE_HOLDER',
    message:
      resource === null
        ? `${port} is held by ${holder}, but process ${pid} uses it too, on ${address}: ${evidence}`
        : `${port} is held by ${holder}, but used by process ${pid} of ${resource}: ${evidence}`,
    hint: `stop it (\`vports kill ${port}\`), or move ${holder} (\`vports reassign ${holder}\`)`,
  };
}
