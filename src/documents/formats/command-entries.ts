import { asPortName, portsInCommand } from './command-ports.js';
import type { PortEntry } from './port-entry.js';

/** The ports in a command, named after its script, process or target. `start`: offset of the command in the text. */
export function commandEntries(
  command: string,
  {
    start,
    name,
    place,
  }: { start: number; name: string; place: (offset: number) => { line: number; column: number } },
): PortEntry[] {
  const own = asPortName(name);
  return portsInCommand(command).map(({ port, offset, length }) => ({
    ...place(start + offset),
    ...(own !== undefined && { name: own }),
    protocol: 'tcp',
    side: 'host',
    port,
    digits: { offset: start + offset, length },
  }));
}
