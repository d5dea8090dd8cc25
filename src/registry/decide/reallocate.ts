import type { NewEvent } from '../../../events/event.js';
import type { Holdings } from '../../../events/holdings.js';
import type { Holding } from '../../../events/stream.js';
import type { Policy } from '../../policy/policy.js';
import { allocate } from './allocate.js';
import { applyPlanned, defined } from './decision.js';
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
    for (const { name, protocol, range, owner, reason, project, local } of lost.filter(
      (it) => it.resource === resource,
    )) {
      const wants = [{ name, protocol }];
      const known = policy.ranges.find(({ id, dynamic }) => id === range && !dynamic);
      const decision = allocate(
        { ...view, claimed, policy, registry },
        { resource, wants, range: known?.id, owner, reason },
      );
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
