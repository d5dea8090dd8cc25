import { Holdings } from '../../../events/holdings.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, type PortKey, type PortRef, portKey, refOf } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Warning } from '../../errors.js';
import type { OpenClaim } from '../../log/event-log.js';
import { defined, NOBODY } from '../decide/decision.js';
import { holdingNamed, type View } from '../decide/view.js';

/**
 * The view with what this machine has claimed on branches that wait for their pull request: it answers for names that nobody else
 * has, so that work goes on meanwhile.
 */
export function withOwnClaims(view: View, claims: ReadonlyMap<PortKey, OpenClaim>): View {
  const waiting = new Map(
    [...claims].filter(
      ([key, claim]) =>
        claim.own && !view.registry.at(refOf(key)) && !holdingNamed(view, claim.resource, claim.name),
    ),
  );
  if (waiting.size === 0) return view;
  const held = [...waiting].map(
    ([key, { resource, name, project, local }]): Holding => ({
      ...refOf(key),
      ...defined({ resource, project, local, name }),
      since: '',
      by: NOBODY,
      event: '',
    }),
  );
  return { ...view, registry: new Holdings([...view.registry, ...held]), waiting };
}

export function waitingWarnings(view: View, refs: PortRef[]): Warning[] {
  return refs.flatMap((ref) => {
    const claim = view.waiting?.get(portKey(ref));
    if (!claim) return [];
    const message = `${formatPort(ref)} of ${labelOf(claim)} is only claimed on the unmerged branch ${claim.branch}`;
    const hint = `only this machine knows it until the merge; to withdraw it: \`vports release ${claim.resource}\``;
    return [{ code: 'CLAIMED_ON_BRANCH' as const, message, hint }];
  });
}
