import { type LeaseOwner, ownerOf } from '../../../events/lease.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, parsePort, refOf } from '../../../events/port.js';
import type { Held, Holding } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { type Decision, NOBODY, release as releaseEvent, unknownResource } from './decision.js';
import { isChosen, parsePortChoice } from './port-choice.js';
import { holderAt, holdingsOf, refuseDamaged, type View } from './view.js';

export interface Release {
  resource: string;
  ports: string[];
  strict?: boolean | undefined;
  /** Only ports still leased to this process; a person may have renewed the lease since. */
  ownedBy?: LeaseOwner | undefined;
  reason?: string | undefined;
}

export type Released = Held;

/**
 * Gives ports back. Nothing to give back is a warning, or NOT_HELD and UNKNOWN_RESOURCE under `strict`.
 * Throws CONFLICT if a merge left two ports with one name.
 */
export function release(view: View, command: Release): Decision<Released[]> {
  refuseDamaged(view, command.resource, { mends: ['restored', 'ended'] });
  const held = [...holdingsOf(view, command.resource), ...unsoundOf(view, command.resource)];
  const warnings: Warning[] = [];
  const chosen = new Set<Holding>();
  const nothing = (error: VportsError) => {
    if (command.strict) throw error;
    warnings.push(error.asWarning());
  };

  if (held.length === 0) nothing(unknownResource(view, command.resource, 'see `vports list`'));
  else if (command.ports.length === 0) for (const holding of held) chosen.add(holding);
  else {
    for (const text of command.ports) {
      const matches = matching(held, text);
      if (matches.length === 0) nothing(notHeld(view, command.resource, held, text));
      for (const holding of matches) chosen.add(holding);
    }
  }
  if (command.ownedBy) for (const it of chosen) if (!isOf(it, command.ownedBy)) chosen.delete(it);
  return {
    events: [...chosen].map((holding) => releaseEvent(holding, { reason: command.reason })),
    warnings,
    answer: [...chosen].map(({ resource, name, port, protocol }) => ({ resource, name, port, protocol })),
  };
}

function isOf({ lease }: Holding, { pid, started, boot, pidns }: LeaseOwner): boolean {
  const owner = ownerOf(lease);
  return owner?.pid === pid && owner.started === started && owner.boot === boot && owner.pidns === pidns;
}

function unsoundOf(view: View, resource: string): Holding[] {
  return [...view.damaged].flatMap(([key, { mendable, holders }]) =>
    holders
      .filter((it) => mendable === 'ended' && it.resource === resource)
      .map(({ name }): Holding => ({ ...refOf(key), resource, name, since: '', by: NOBODY, event: '' })),
  );
}

function matching(held: Holding[], text: string): Holding[] {
  const choice = parsePortChoice(text);
  const found = held.filter((it) => isChosen(it, choice));
  const named = choice.port === undefined ? found.filter(({ lease }) => !lease) : [];
  if (named.length > 1) {
    const ports = named.map((it) => `--port ${formatPort(it)}`).join(' or ');
    throw new VportsError('CONFLICT', `${named[0]!.resource} holds ${named.length} ports named ${text}`, {
      hint: `a merge left two ports of one name; choose one: ${ports}`,
      details: { ports: named.map((it) => it.port) },
    });
  }
  return found;
}

function notHeld(view: View, resource: string, held: Holding[], text: string): VportsError {
  const ref = parsePort(text);
  const other = ref && holderAt(view, ref);
  const owns = other ? `; ${formatPort(other)} is held by ${labelOf(other)}` : '';
  return new VportsError('NOT_HELD', `${resource} does not hold ${text}${owns}`, {
    hint: `it holds ${held.map((it) => `${it.name} (${formatPort(it)})`).join(', ')}`,
    details: { resource, port: text },
  });
}
