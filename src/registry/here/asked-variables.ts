import { badUsage, VportsError } from '../../errors.js';
import { requirePortName } from '../input.js';
import type { PortHere } from './ports-here.js';

export interface AskedVariable {
  variable: string;
  port: string;
}

/** Throws BAD_USAGE. */
export function variableAsked(text: string): AskedVariable {
  const [, variable, port] = /^([A-Za-z_][A-Za-z0-9_]*)=(.+)$/s.exec(text) ?? [];
  if (variable !== undefined && port !== undefined) return { variable, port };
  throw badUsage(
    `${JSON.stringify(text.slice(0, 80))} is not VAR=NAME`,
    'write a variable and a port name, like --env DB_PORT=db, or RESOURCE/NAME for another resource',
  );
}

/** Finds NAME among `own`, RESOURCE/NAME among all. Throws NOT_HELD, BAD_NAME. */
export function portAsked<Port extends PortHere>(
  { variable, port: text }: AskedVariable,
  resource: string,
  own: Port[],
  others: Port[] = [],
): Port {
  const [of, name] = text.includes('/') ? text.split(/\/(.*)/s) : [undefined, text];
  requirePortName(name!);
  const found = [...own, ...others].find(
    (it) => it.name === name && (of === undefined ? own.includes(it) : isCalled(it, of)),
  );
  if (found) return found;
  const there = [...own.map((it) => it.name), ...others.map((it) => `${it.resource}/${it.name}`)];
  throw new VportsError(
    'NOT_HELD',
    `${resource} has no port ${JSON.stringify(text.slice(0, 80))} for ${variable}`,
    { hint: `its ports are ${there.join(', ')}`, details: { variable } },
  );
}

function isCalled({ resource }: PortHere, text: string): boolean {
  return resource === text || resource.split('@', 1)[0] === text;
}
