import type { PortRef } from '../../events/port.js';
import type { Warning } from '../errors.js';
import type { Listener } from '../host/listener.js';
import { damages, type ListedPort, listed, type Verdict, verdictOn } from './queries.js';
import { holderAt, isLapsed, type View } from './view.js';

export interface Check extends PortRef {
  verdict: Verdict;
  /** Free for whoever asks, or held by the very resource it is asked for. */
  available: boolean;
  holder: ListedPort | null;
  listeners: Listener[];
  warnings: Warning[];
}

/** Whether a port can be had, for anybody or for one resource. `onHost` is null where the past is asked about. */
export function check(view: View, ref: PortRef, onHost: Listener[] | null, forResource?: string): Check {
  const held = holderAt(view, ref);
  const holder = held && !isLapsed(held, view.now) ? held : undefined;
  const verdict = verdictOn(view, ref, holder, onHost !== null && onHost.length > 0);
  const warnings = damages(view, ref);
  const own = forResource !== undefined && holder?.resource === forResource;
  return {
    ...ref,
    verdict,
    available: warnings.length === 0 && (verdict === 'available' || own),
    holder: holder ? listed(view, holder) : null,
    listeners: onHost ?? [],
    warnings,
  };
}
