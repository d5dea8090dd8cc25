import { HIGHEST_PORT, type PortRef } from '../../../events/port.js';

/** Numbers stay exact up to version 2^28. */
const VERSIONS = 2 ** 28;

/** Encodes stream and version as one number, which takes a tenth of a path's memory. */
export function numberOf({ port, protocol }: PortRef, version: number): number {
  return ((protocol === 'udp' ? 65_536 : 0) + port) * VERSIONS + version;
}

export function refOf(number: number): PortRef {
  const stream = Math.floor(number / VERSIONS);
  return { protocol: stream >= 65_536 ? 'udp' : 'tcp', port: stream % 65_536 };
}

/** The number of an event's path (`events/tcp/25xxx/250xx/25000/0001.json`); undefined if no event belongs there. */
export function numberAt(path: string): number | undefined {
  const [, protocol, , , port, version] = PLACE.exec(path) ?? [];
  if (port === undefined || version === undefined) return undefined;
  // An out-of-range port would collide with another stream's number.
  if (Number(port) < 1 || Number(port) > HIGHEST_PORT || Number(version) < 1) return undefined;
  // Versions of more than four digits are not padded.
  if (version.length > 4 && version.startsWith('0')) return undefined;
  return numberOf({ protocol: protocol as PortRef['protocol'], port: Number(port) }, Number(version));
}

const PLACE = /^events\/(tcp|udp)\/(\d\d)xxx\/(\2\d)xx\/(\3\d\d)\/(\d{4,8})\.json$/;
