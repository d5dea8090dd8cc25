import type { NewEvent } from '../../../events/event.js';
import { type Held, heldOf } from '../../../events/stream.js';
import { badUsage } from '../../errors.js';
import { type Decision, defined, logOf, type Placed, requireHolding, unknownResource } from './decision.js';
import { holdingsOf, refuseDamaged, type View } from './view.js';

export interface Describe {
  resource: string;
  /** Port name or number; default: all ports of the resource. */
  port?: string | undefined;
  owner?: string | undefined;
  reason?: string | undefined;
  toProject?: string | undefined;
}

export interface Described extends Held {
  owner: string | null;
  reason: string | null;
}

/** Changes owner, reason or project where they differ. Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_USAGE. */
export function describe(view: View, command: Describe): Decision<Described[]> {
  const { resource, port, owner, reason, toProject } = command;
  if (owner === undefined && reason === undefined && toProject === undefined) {
    throw badUsage(
      'nothing to change: pass --owner, --reason or --to-project',
      '--owner WHO, --reason TEXT, --to-project ID',
    );
  }
  refuseDamaged(view, resource);
  const held = holdingsOf(view, resource);
  if (held.length === 0) throw unknownResource(view, resource);
  const chosen = port === undefined ? held : [requireHolding(view, resource, port)];
  const events: Placed[] = [];
  for (const holding of chosen) {
    const news = defined({
      owner: owner === holding.owner ? undefined : owner,
      reason: reason === holding.reason ? undefined : reason,
      project: toProject === holding.project ? undefined : toProject,
    });
    if (Object.keys(news).length === 0) continue;
    const event: NewEvent = { type: 'port.described', ...heldOf(holding), ...news };
    events.push({ log: logOf(holding), event });
  }
  const answer = chosen.map((it) => ({
    resource,
    name: it.name,
    port: it.port,
    protocol: it.protocol,
    owner: owner ?? it.owner ?? null,
    reason: reason ?? it.reason ?? null,
  }));
  return { events, warnings: [], answer };
}
