import { MAIN } from '../../../../events/names.js';
import { type PortRef, portArgument } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import { unlessRefused } from '../../../attempt.js';
import { shellWord } from '../../../files/shell-word.js';
import { allocate } from '../allocate.js';
import { reassign } from '../reassign.js';
import { register } from '../register.js';
import type { View } from '../view.js';

/** A `register` command that succeeds in this state; undefined if none does. */
export function wayToRegister(
  view: View,
  { resource, name, port, protocol }: PortRef & { resource: string; name: string },
): string | undefined {
  for (const allowOutsidePolicy of [false, true]) {
    const ports = [{ name, port, protocol }];
    if (!succeeds(() => register(view, { resource, ports, allowOutsidePolicy }))) continue;
    const number = portArgument({ port, protocol });
    const option = allowOutsidePolicy ? ' --allow-outside-policy' : '';
    return `vports register ${shellWord(resource)} ${name}=${number}${option}`;
  }
  return undefined;
}

/** An `allocate` command that succeeds; null if none does. */
export function wayToAllocate(
  view: View,
  { resource, name, protocol }: { resource: string; name: string; protocol: PortRef['protocol'] },
): string | null {
  if (!succeeds(() => allocate(view, { resource, wants: [{ name, protocol }] }))) return null;
  const option =
    name === MAIN && protocol === 'tcp' ? '' : ` --port ${name}${protocol === 'udp' ? '/udp' : ''}`;
  return `vports allocate ${shellWord(resource)}${option}`;
}

/** A `reassign` command that moves to the number of the document; undefined if none succeeds. */
export function wayToTake(view: View, { resource, name, protocol }: Holding, to: number): string | undefined {
  for (const allowOutsidePolicy of [false, true]) {
    if (!succeeds(() => reassign(view, { resource, port: name, to, protocol, allowOutsidePolicy }))) continue;
    const option = allowOutsidePolicy ? ' --allow-outside-policy' : '';
    return `vports reassign ${shellWord(resource)} --port ${name} --to ${to}${option}`;
  }
  return undefined;
}

function succeeds(decide: () => unknown): boolean {
  return unlessRefused(decide) !== undefined;
}
