export type Protocol = 'tcp' | 'udp';

/** Address of one stream: tcp and udp of a number are two streams. */
export interface PortRef {
  port: number;
  protocol: Protocol;
}

export type PortKey = `${Protocol}/${number}`;

export const HIGHEST_PORT = 65535;

export function portKey(ref: PortRef): PortKey {
  return `${ref.protocol}/${ref.port}`;
}

export function refOf(key: PortKey): PortRef {
  const [protocol, port] = key.split('/');
  return { protocol: protocol as Protocol, port: Number(port) };
}

/** `25000/tcp`, for people. */
export function formatPort(ref: PortRef): string {
  return `${ref.port}/${ref.protocol}`;
}

/** `25000` or `25000/udp`, for commands. */
export function portArgument(ref: PortRef): string {
  return ref.protocol === 'tcp' ? String(ref.port) : formatPort(ref);
}

/** 1 to 65535 without sign, leading zero or exponent. Undefined for anything else. */
export function parsePortNumber(text: string): number | undefined {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= HIGHEST_PORT ? port : undefined;
}

/** `25000`, `25000/tcp` or `25000/udp`; tcp by default. Undefined for anything else. */
export function parsePort(text: string): PortRef | undefined {
  const match = /^([^/]*)(?:\/(tcp|udp))?$/.exec(text);
  const port = parsePortNumber(match?.[1] ?? '');
  return port === undefined ? undefined : { port, protocol: match?.[2] === 'udp' ? 'udp' : 'tcp' };
}

export function comparePorts(a: PortRef, b: PortRef): number {
  return a.port - b.port || (a.protocol < b.protocol ? -1 : a.protocol > b.protocol ? 1 : 0);
}
