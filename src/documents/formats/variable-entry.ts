import { addressNextTo } from './address-variable.js';
import { isPortVariable, isUdpVariable, type PortEntry } from './port-entry.js';
import { portLiteralIn } from './port-literal.js';

/** The variables of a document that are set to a port. `offset`: position of the value. */
export function variableEntries(
  all: { variable: string; value: string; offset: number }[],
  place: (offset: number) => { line: number; column: number },
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
