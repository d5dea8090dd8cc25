import { endOf, type LeaseEnd } from '../../../events/lease.js';
import { portKey } from '../../../events/port.js';
import type { Held, Holding } from '../../../events/stream.js';
import { type Decision, release } from './decision.js';
import type { View } from './view.js';

export interface Cleanup {
  ownerGone: ReadonlySet<string>;
  /** The resource whose leases are released despite listeners. */
  force?: string | undefined;
  reason?: string | undefined;
}

export interface Cleaned extends Held {
  why: LeaseEnd;
}

/** Releases expired leases, and leases whose process or folder is gone; keeps and reports those with listeners. */
export function cleanup(view: View, command: Cleanup): Decision<{ released: Cleaned[]; kept: Cleaned[] }> {
  const over = [...view.host].flatMap((holding) => {
    const why = whyOver(view, command, holding);
    return why
      ? [{ holding, why, kept: view.busy.has(portKey(holding)) && holding.resource !== command.force }]
      : [];
  });
  const listOf = (kept: boolean) =>
    over
      .filter((it) => it.kept === kept)
      .map(({ holding, why }): Cleaned => {
        const { port, protocol, resource, name } = holding;
        return { port, protocol, resource, name, why };
      });
  return {
    events: over.filter((it) => !it.kept).map(({ holding }) => release(holding, { reason: command.reason })),
    warnings: [],
    answer: { released: listOf(false), kept: listOf(true) },
  };
}

function whyOver(view: View, { ownerGone }: Cleanup, holding: Holding): Cleaned['why'] | undefined {
  if (!holding.lease) return undefined;
  if (view.gone?.has(holding.event)) return 'folder-gone';
  if (endOf(holding.lease) < view.now) return 'expired';
  return ownerGone.has(holding.event) ? 'owner-gone' : undefined;
}
