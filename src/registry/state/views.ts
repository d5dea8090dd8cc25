import { world } from '../../world/index.js';
import type { View } from '../decide/view.js';
import { lensOn } from '../project/own-view.js';
import { loadView } from './load-view.js';
import type { Logs } from './logs.js';
import { withOwnClaims } from './pending-claims.js';
import { viewAt } from './state-at.js';

/** One past or present state to read: a revision of the registry, or a time, as typed after `--at`. */
export interface At {
  at?: string | undefined;
}

/** The state of now, or of then. */
export async function viewOf(logs: Logs, { at }: At = {}): Promise<View> {
  const now = world.now();
  return at === undefined ? loadView(logs, new Set(), now) : viewAt(logs, at, now);
}

/** With what this machine has claimed by pull request, where the policy wants these; of the past nothing is known of that. */
export async function viewWithOwnClaims(logs: Logs, at: At): Promise<View> {
  const view = await viewOf(logs, at);
  if (at.at !== undefined || view.policy.changes !== 'pull-request') return view;
  return withOwnClaims(view, await (await logs.registry()).reader.claims());
}

/** With what open branches want; of the past nothing is known of that. */
export async function viewWithClaims(logs: Logs, at: At): Promise<View> {
  const view = await viewOf(logs, at);
  if (at.at !== undefined) return view;
  return { ...view, claimed: await (await logs.registry()).reader.claims() };
}

/** The name on record of what is called so here. */
export function nameOnRecord(logs: Logs, view: View, name: string): string {
  return lensOn(logs, view, { reads: true }).literal(name);
}
