import type { ProxyHost } from '../registry/query/proxy-hosts.js';

export const PROXY_FORMATS = ['caddy', 'nginx'] as const;
export type ProxyFormat = (typeof PROXY_FORMATS)[number];

/** What browsers ask the proxy on, where nothing else is said: ports below 1024 are root's. */
export const PROXY_PORTS = { http: 8080, https: 8443 };

interface Proxy {
  /** The port that the proxy itself listens on. */
  listens: number;
  tls: boolean;
}

/** `http://login.shop.localhost:8080`. */
export function proxyUrl(host: string, { listens, tls }: Proxy): string {
  const scheme = tls ? 'https' : 'http';
  return `${scheme}://${host}${listens === (tls ? 443 : 80) ? '' : `:${listens}`}`;
}

/** The configuration of a proxy that answers for these hosts, on this machine alone. */
export function renderProxy(hosts: ProxyHost[], format: ProxyFormat, proxy: Proxy): string {
  for (const { host } of hosts) if (!/^[a-z0-9.-]+$/.test(host)) throw new Error('a host is not one');
  return format === 'caddy' ? caddyfile(hosts, proxy) : nginxServers(hosts, proxy);
}

/** caddy's own certificates are those of `tls internal`; it looks for a change of the file with --watch. */
function caddyfile(hosts: ProxyHost[], proxy: Proxy): string {
  return [
    `# vports env --format caddy > Caddyfile && caddy run --watch; the first part again, when ports have changed`,
    '{',
    `\tadmin off`,
    // It would open port 80 for it.
    `\tauto_https disable_redirects`,
    '}',
    ...hosts.flatMap(({ host, port }) => [
      '',
      `${proxyUrl(host, proxy)} {`,
      '\tbind 127.0.0.1 [::1]',
      ...(proxy.tls ? ['\ttls internal'] : []),
      `\treverse_proxy localhost:${port}`,
      '}',
    ]),
  ].join('\n');
}

/** For `http { include … }`: a host that is none of these is answered by the first. */
function nginxServers(hosts: ProxyHost[], { listens }: Proxy): string {
  return [
    '# vports env --format nginx > /etc/nginx/conf.d/vports.conf && nginx -s reload; again, when ports have changed',
    'map $http_upgrade $vports_connection { default upgrade; "" close; }',
    ...hosts.flatMap(({ host, port }) => [
      '',
      'server {',
      `  listen 127.0.0.1:${listens};`,
      `  listen [::1]:${listens};`,
      `  server_name ${host};`,
      '  location / {',
      `    proxy_pass http://localhost:${port};`,
      '    proxy_http_version 1.1;',
      '    proxy_set_header Host $http_host;',
      '    proxy_set_header Upgrade $http_upgrade;',
      '    proxy_set_header Connection $vports_connection;',
      '  }',
      '}',
    ]),
  ].join('\n');
}
