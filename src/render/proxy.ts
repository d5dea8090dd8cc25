import type { ProxyHost } from '../registry/query/proxy-hosts.js';

export const PROXY_FORMATS = ['caddy', 'nginx'] as const;
export type ProxyFormat = (typeof PROXY_FORMATS)[number];

/** Defaults; ports below 1024 need root. */
export const PROXY_PORTS = { http: 8080, https: 8443 };

interface Proxy {
  listens: number;
  tls: boolean;
}

/** `http://login.shop.localhost:8080`. */
export function proxyUrl(host: string, { listens, tls }: Proxy): string {
  const scheme = tls ? 'https' : 'http';
  return `${scheme}://${host}${listens === (tls ? 443 : 80) ? '' : `:${listens}`}`;
}

/** A proxy configuration for these hosts, listening on this machine only. */
export function renderProxy(hosts: ProxyHost[], format: ProxyFormat, proxy: Proxy): string {
  for (const { host } of hosts) if (!/^[a-z0-9.-]+$/.test(host)) throw new Error('unsafe host name');
  return format === 'caddy' ? caddyfile(hosts, proxy) : nginxServers(hosts, proxy);
}

/** `tls internal` uses caddy's own certificates. */
function caddyfile(hosts: ProxyHost[], proxy: Proxy): string {
  return [
    `# vports env --format caddy > Caddyfile && caddy run --watch; run the first part again after ports have changed`,
    '{',
    `\tadmin off`,
    // Redirects would open port 80.
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

/** For `http { include … }`; nginx answers unknown hosts with the first server. */
function nginxServers(hosts: ProxyHost[], { listens }: Proxy): string {
  return [
    '# vports env --format nginx > /etc/nginx/conf.d/vports.conf && nginx -s reload; run it again after ports have changed',
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
