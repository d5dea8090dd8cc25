import { MAIN } from '../../../events/names.js';
import type { PortRef } from '../../../events/port.js';
import { type Allocate, allocate, type Granted, type PortRequest } from './allocate.js';
import type { Decision } from './decision.js';
import { holderAt, holdingNamed, type View } from './view.js';

interface AllocateExact extends Pick<Allocate, 'resource' | 'strangers' | 'reason'> {
  ref: PortRef;
  /** What its service.json calls the port. */
  known?: string | undefined;
}

/** Gives a resource one very port, by its number alone. Throws what allocate throws of a strict command. */
export function allocateExact(view: View, { ref, known, ...command }: AllocateExact): Decision<Granted[]> {
  const want = requestOf(view, { ...command, ref, known });
  return allocate(view, { ...command, wants: [want], strict: true });
}

/** Under the name it holds the port by; else what service.json calls it; else main, or `p25001` where that is taken. */
export function requestOf(view: View, { resource, ref, known }: AllocateExact): PortRequest {
  const { port, protocol } = ref;
  const holder = holderAt(view, ref);
  const free = [known, MAIN].find((name) => name !== undefined && !holdingNamed(view, resource, name));
  const name = holder?.resource === resource ? holder.name : (free ?? `p${port}`);
  return { name, protocol, preferred: { port, source: 'the command' } };
}
