import type { NewEvent } from '../../../events/event.js';
import type { Holdings } from '../../../events/holdings.js';
import type { Holding } from '../../../events/stream.js';
import type { Policy } from '../../policy/policy.js';
import { allocate, type Granted } from './allocate.js';
import { applyPlanned, type Decision, defined } from './decision.js';
import type { View } from './view.js';

/** New ports for claims that lost theirs, in the same range if it has room; one batch per resource. */
export function reallocate(
  view: Omit<View, 'policy' | 'registry'>,
  policy: Policy,
  registry: Holdings,
  lost: Holding[],
): NewEvent[][] {
  const commands: NewEvent[][] = [];
  // The branch being merged has claimed these names itself; that must not count against them.
  const claimed = new Map(
    [...(view.claimed ?? [])].filter(
      ([, it]) => !lost.some(({ resource, name }) => it.resource === resource && it.name === name),
    ),
  );
  for (const resource of new Set(lost.map((it) => it.resource))) {
    const events: NewEvent[] = [];
    for (const holding of lost.filter((it) => it.resource === resource)) {
      const { project, local } = holding;
      const decision = allocateAgain({ ...view, claimed, policy, registry }, holding);
      for (const { log, event: chosen } of decision.events) {
        // A lease of the same name stays in the log of this machine.
        if (log !== 'registry') continue;
        const isGrant = chosen.type === 'port.allocated';
        const event = isGrant ? { ...chosen, ...defined({ project, local }) } : chosen;
        events.push(event);
        applyPlanned(registry, event, events.length);
      }
    }
    if (events.length > 0) commands.push(events);
  }
  return commands;
}

/** Another port for a claim, in the same range if it has room. */
export function allocateAgain(
  view: View,
  { resource, name, protocol, range, owner, reason }: Holding,
): Decision<Granted[]> {
  const known = view.policy.ranges.find(({ id, dynamic }) => id === range && !dynamic);
  return allocate(view, { resource, wants: [{ name, protocol }], range: known?.id, owner, reason });
}
