import { isPortVariable, isUdpVariable, type PortEntry } from './port-entry.js';
import { portLiteralIn } from './port-literal.js';

/** The entry of a variable that is set to a port; none for another variable, or another value. `offset` is where the value stands. */
export function variableEntry(
  { variable, value, offset }: { variable: string; value: string; offset: number },
  place: (offset: number) => { line: number; column: number },
): PortEntry[] {
  const literal = isPortVariable(variable) ? portLiteralIn(value, offset) : undefined;
  if (literal?.port === undefined) return [];
  const protocol = isUdpVariable(variable) ? 'udp' : 'tcp';
  return [{ ...place(offset), protocol, side: 'host', ...literal, variable }];
}
