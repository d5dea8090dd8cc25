import { VportsError } from '../errors.js';
import { PROXY_PORTS } from '../render/proxy.js';
import { Flags } from './oclif.js';

/** What commands take that speak of a proxy on this machine. */
export const proxyFlags = {
  tls: Flags.boolean({ description: 'https, by certificates that caddy makes' }),
  'proxy-port': Flags.integer({
    min: 1,
    max: 65_535,
    description: 'what the proxy listens on; default: 8080, with --tls 8443',
  }),
};

export interface ProxyFlags {
  tls: boolean;
  'proxy-port'?: number | undefined;
}

export function proxyOf(flags: ProxyFlags): { listens: number; tls: boolean } {
  return { tls: flags.tls, listens: flags['proxy-port'] ?? PROXY_PORTS[flags.tls ? 'https' : 'http'] };
}

/** Throws BAD_USAGE where no proxy is spoken of. */
export function refuseProxyFlags(flags: ProxyFlags, where: string): void {
  const given = flags.tls ? '--tls' : flags['proxy-port'] === undefined ? undefined : '--proxy-port';
  if (given === undefined) return;
  throw new VportsError('BAD_USAGE', `${given} means nothing ${where}`, {
    hint: 'it is about a proxy on this machine',
  });
}
