import { badUsage } from '../errors.js';
import { PROXY_PORTS } from '../render/proxy.js';
import { Flags } from './oclif.js';

export const proxyFlags = {
  tls: Flags.boolean({ description: 'https, with certificates made by caddy' }),
  'proxy-port': Flags.integer({
    min: 1,
    max: 65_535,
    description: 'port that the proxy listens on; default: 8080, with --tls 8443',
  }),
};

export interface ProxyFlags {
  tls: boolean;
  'proxy-port'?: number | undefined;
}

export function proxyOf(flags: ProxyFlags): { listens: number; tls: boolean } {
  return { tls: flags.tls, listens: flags['proxy-port'] ?? PROXY_PORTS[flags.tls ? 'https' : 'http'] };
}

/** Throws BAD_USAGE if one is given. */
export function refuseProxyFlags(flags: ProxyFlags, where: string): void {
  const given = flags.tls ? '--tls' : flags['proxy-port'] === undefined ? undefined : '--proxy-port';
  if (given === undefined) return;
  throw badUsage(`${given} has no effect ${where}`, 'it configures a proxy on this machine');
}
