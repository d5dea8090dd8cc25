import { isPortVariable, isUdpVariable, type Place, type PortEntry } from './port-entry.js';
import { portLiteralIn } from './port-literal.js';

/** The variables of a document that are set to a port. `offset`: position of the value. */
export function variableEntries(
  all: { variable: string; value: string; offset: number }[],
  place: Place,
): PortEntry[] {
  const values = new Map(all.map(({ variable, value }) => [variable, value]));
  return all.flatMap(({ variable, value, offset }): PortEntry[] => {
    const literal = isPortVariable(variable) ? portLiteralIn(value, offset) : undefined;
    if (literal?.port === undefined) return [];
    const protocol = isUdpVariable(variable) ? 'udp' : 'tcp';
    const address = addressNextTo(variable, values);
    return [{ ...place(offset), protocol, side: 'host', ...literal, variable, ...address }];
  });
}

/** What says of a prefix that it is reached over a network. */
const ADDRESSES = ['HOST', 'HOSTNAME', 'SERVER', 'ADDR', 'ADDRESS', 'URL', 'URI', 'ENDPOINT', 'IP'];
/** Where a program of this machine listens, which is no address of another one. */
const EVERYWHERE = /^["']?(0\.0\.0\.0|\[?::\]?|\*)["']?$/;

/** `DB_HOST` next to `DB_PORT`: the port is one that something else listens on. `PORT` alone has no such variable. */
export function addressNextTo(
  variable: string | undefined,
  values: ReadonlyMap<string, string>,
): { address?: string } {
  const prefix = /^(.+?)_?PORT(?:_(?:TCP|UDP|NUMBER))?$/i.exec(variable ?? '')?.[1];
  if (prefix === undefined) return {};
  const found = ADDRESSES.map((it) => `${prefix.toUpperCase()}_${it}`).find(
    (it) => values.has(it) && !EVERYWHERE.test(values.get(it)!),
  );
  return found === undefined ? {} : { address: found };
}
