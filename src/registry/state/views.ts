import { Holdings } from '../../../events/holdings.js';
import { type PortKey, portKey } from '../../../events/port.js';
import type { EventLog } from '../../log/event-log.js';
import { world } from '../../world/index.js';
import type { View } from '../decide/view.js';
import type { Lens } from '../project/lens.js';
import { lensOn } from '../project/own-view.js';
import { loadView } from './load-view.js';
import type { Logs } from './logs.js';
import { momentOf } from './moment.js';
import { withOwnClaims } from './pending-claims.js';

export interface At {
  at?: string | undefined;
}

export async function viewOf(logs: Logs, { at }: At = {}, now = world.now()): Promise<View> {
  return at === undefined ? loadView(logs, new Set(), now) : viewAt(logs, at, now);
}

/**
 * The registry as it was: by revision the tree of that commit (what had been merged), by time each stream's events up
 * to then (what had been claimed). The host log has no commits anybody could name, so a revision leaves it out.
 * Throws BAD_REVISION, BAD_TIME.
 */
async function viewAt(logs: Logs, at: string, now: number): Promise<View> {
  const registry = await logs.registry();
  const moment = momentOf(at, now);
  const busy = new Set<PortKey>();
  if ('revision' in moment) {
    const { policy, holdings, damaged } = await registry.reader.stateAt(moment.revision);
    const host = logs.embedded ? holdings : new Holdings();
    return { busy, now, policy, registry: holdings, host, damaged };
  }
  const { policy, damaged } = await registry.reader.state();
  const then = await heldAt(registry, moment.time);
  const host = logs.embedded ? then : new Holdings((await heldAt(await logs.host(), moment.time)).leases());
  return { busy, now: moment.time, policy, damaged, registry: then, host };
}

async function heldAt(log: EventLog, time: number): Promise<Holdings> {
  const { damaged } = await log.reader.state();
  const held = await (await log.reader.history()).heldAt(time);
  return new Holdings(held.filter((it) => (damaged.get(portKey(it))?.mendable ?? 'restored') === 'restored'));
}

/** As this project sees what there is now. */
export async function lensNow(logs: Logs): Promise<Lens> {
  return lensOn(logs, await loadView(logs));
}

/** Including claims made here by pull request, except for the past. */
export async function viewWithOwnClaims(logs: Logs, at: At): Promise<View> {
  const view = await viewOf(logs, at);
  if (at.at !== undefined || view.policy.changes !== 'pull-request') return view;
  return withOwnClaims(view, await (await logs.registry()).reader.claims());
}

/** Including claims of open branches, except for the past. */
export async function viewWithClaims(logs: Logs, at: At): Promise<View> {
  const view = await viewOf(logs, at);
  if (at.at !== undefined) return view;
  return { ...view, claimed: await (await logs.registry()).reader.claims() };
}

export function nameOnRecord(logs: Logs, view: View, name: string): string {
  return lensOn(logs, view, { reads: true }).literal(name);
}
