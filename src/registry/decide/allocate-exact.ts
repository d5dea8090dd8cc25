import { MAIN } from '../../../events/names.js';
import type { PortRef } from '../../../events/port.js';
import { type Allocate, allocate, type Granted, type PortRequest } from './allocate.js';
import type { Decision } from './decision.js';
import { holderAt, holdingNamed, type View } from './view.js';

interface AllocateExact extends Pick<Allocate, 'resource' | 'strangers' | 'reason'> {
  ref: PortRef;
  known?: string | undefined;
}

/** Allocates exactly one port, by its number. Throws like a strict allocate. */
export function allocateExact(view: View, { ref, known, ...command }: AllocateExact): Decision<Granted[]> {
  const want = requestOf(view, { ...command, ref, known });
  return allocate(view, { ...command, wants: [want], strict: true });
}

/** The name: the current one, else the one in service.json, else main, or `p25001` if main is taken. */
export function requestOf(view: View, { resource, ref, known }: AllocateExact): PortRequest {
  const { port, protocol } = ref;
  const holder = holderAt(view, ref);
  const free = [known, MAIN].find((name) => name !== undefined && !holdingNamed(view, resource, name));
  const name = holder?.resource === resource ? holder.name : (free ?? `p${port}`);
  return { name, protocol, preferred: { port, source: 'the command' } };
}
