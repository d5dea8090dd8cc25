import { asPortName, portsInCommand } from './command-ports.js';
import type { PortEntry } from './port-entry.js';

/** What a command says of ports, under the name of its script, process or target. `start` is where it stands. */
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
