import { world } from '../../world/index.js';
import type { View } from '../decide/view.js';
import type { Lens } from '../project/lens.js';
import { lensOn } from '../project/own-view.js';
import { loadView } from './load-view.js';
import type { Logs } from './logs.js';
import { withOwnClaims } from './pending-claims.js';
import { viewAt } from './state-at.js';

export interface At {
  at?: string | undefined;
}

export async function viewOf(logs: Logs, { at }: At = {}, now = world.now()): Promise<View> {
  return at === undefined ? loadView(logs, new Set(), now) : viewAt(logs, at, now);
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
