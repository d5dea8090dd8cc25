import { HIGHEST_PORT, type PortRef, type Protocol } from './port.js';

/** The folder of events, relative to the registry's root. */
export const EVENTS = 'events';

/** `250xx`: the folder of a hundred ports, and the unit of folding and caching. */
export interface Block {
  protocol: Protocol;
  thousands: string;
  hundreds: string;
}

export function blockOf({ protocol, port }: PortRef): Block {
  return {
    protocol,
    thousands: `${String(Math.floor(port / 1000)).padStart(2, '0')}xxx`,
    hundreds: `${String(Math.floor(port / 100)).padStart(3, '0')}xx`,
  };
}

export function blockPath({ protocol, thousands, hundreds }: Block): string {
  return `${EVENTS}/${protocol}/${thousands}/${hundreds}`;
}

/** `events/tcp/25xxx/250xx/25000`: the folder of one stream. */
export function streamPath(ref: PortRef): string {
  return `${blockPath(blockOf(ref))}/${String(ref.port).padStart(5, '0')}`;
}

/** `events/tcp/25xxx/250xx/25000/0001.json`: the file of one event. */
export function eventPath(ref: PortRef, version: number): string {
  return `${streamPath(ref)}/${versionFile(version)}`;
}

export function pathOf(event: PortRef & { version: number }): string {
  return eventPath(event, event.version);
}

/** At least four digits, more from version 10000 on. */
function versionFile(version: number): string {
  return `${String(version).padStart(4, '0')}.json`;
}

/** The port of a stream's folder; undefined if the name is no port or belongs in another block. */
export function portOfFolder(name: string, block: Block): number | undefined {
  if (!/^\d{5}$/.test(name)) return undefined;
  const port = Number(name);
  if (port < 1 || port > HIGHEST_PORT) return undefined;
  return blockPath(blockOf({ protocol: block.protocol, port })) === blockPath(block) ? port : undefined;
}

/** The version in a file's name; undefined for a name that vports does not write. */
export function versionOfFile(name: string): number | undefined {
  const match = /^(\d{4,})\.json$/.exec(name);
  const version = Number(match?.[1]);
  return version >= 1 && versionFile(version) === name ? version : undefined;
}

export function isEventPath(path: string): boolean {
  return versionOfFile(path.slice(path.lastIndexOf('/') + 1)) !== undefined;
}

export const [THOUSANDS, HUNDREDS] = [/^\d\dxxx$/, /^\d{3}xx$/];

/** The stream whose folder contains `path` or is it; undefined outside of all streams. */
export function streamOfFolder(path: string): { ref: PortRef; block: Block; folder: string } | undefined {
  const [root, protocol, thousands = '', hundreds = '', digits = ''] = path.split('/');
  if (root !== EVENTS || (protocol !== 'tcp' && protocol !== 'udp')) return undefined;
  const block: Block = { protocol, thousands, hundreds };
  const port = portOfFolder(digits, block);
  if (port === undefined) return undefined;
  return { ref: { protocol, port }, block, folder: streamPath({ protocol, port }) };
}

/** The stream and version of an event's path; undefined if no event belongs there. */
export function placeOfEvent(path: string): { ref: PortRef; version: number } | undefined {
  const ref = streamOfFolder(path)?.ref;
  const version = versionOfFile(path.slice(path.lastIndexOf('/') + 1));
  return ref && version !== undefined && eventPath(ref, version) === path ? { ref, version } : undefined;
}
