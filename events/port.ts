export type Protocol = 'tcp' | 'udp';

/** One stream's address: tcp and udp of one number are two streams. */
export interface PortRef {
  port: number;
  protocol: Protocol;
}

/** `tcp/25000`: the key of a port in maps. */
export type PortKey = `${Protocol}/${number}`;

export const HIGHEST_PORT = 65535;

export function portKey(ref: PortRef): PortKey {
  return `${ref.protocol}/${ref.port}`;
}

/** The port of a key that portKey() has made. */
export function refOf(key: PortKey): PortRef {
  const [protocol, port] = key.split('/');
  return { protocol: protocol as Protocol, port: Number(port) };
}

/** `25000/tcp`: how a port is written for people. */
export function formatPort(ref: PortRef): string {
  return `${ref.port}/${ref.protocol}`;
}

/** `25000` or `25000/udp`: how a port is written in a command. */
export function portArgument(ref: PortRef): string {
  return ref.protocol === 'tcp' ? String(ref.port) : formatPort(ref);
}

/** 1 to 65535, written as a person would: no sign, no leading zero, no exponent. Undefined for anything else. */
export function parsePortNumber(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= HIGHEST_PORT ? port : undefined;
}

/** `25000`, `25000/tcp` or `25000/udp`; no protocol means tcp. Undefined for anything else. */
export function parsePort(text: string): PortRef | undefined {
  const match = /^([^/]*)(?:\/(tcp|udp))?$/.exec(text);
  const port = parsePortNumber(match?.[1] ?? '');
  return port === undefined ? undefined : { port, protocol: match?.[2] === 'udp' ? 'udp' : 'tcp' };
}

export function comparePorts(a: PortRef, b: PortRef): number {
  return a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0);
}
