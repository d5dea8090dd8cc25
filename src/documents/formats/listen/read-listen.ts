import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** `listen [ADDRESS:]PORT …;` within a server (nginx.org/en/docs/http/ngx_http_core_module.html#listen). */
const NGINX =
  /^[ \t]*listen[ \t]+(?:(?:\[[0-9a-fA-F:]*\]|[\w.*]+):)?(?<port>\d{1,5})(?=[ \t;])(?<rest>[^;\n]*);/gm;
/** `Listen [ADDRESS:]PORT [PROTOCOL]` (httpd.apache.org/docs/current/bind.html). */
const APACHE =
  /^[ \t]*Listen[ \t]+(?:(?:\[[0-9a-fA-F:]*\]|[\d.]+):)?(?<port>\d{1,5})(?:[ \t]+https?)?[ \t]*\r?$/gm;
/** `bind [ADDRESS]:PORT[,…] …` (docs.haproxy.org, 4.2 bind). */
const HAPROXY = /^[ \t]*bind[ \t]+(?:[^\s,]+,)*?(?:\[[0-9a-fA-F:]*\]|[\w.*]*):(?<port>\d{1,5})(?=[\s,]|$)/gm;

/** What web servers and proxies listen on; those that they pass requests on to are others'. */
export const nginx = listening('nginx', /\.conf(\.\w+)?$|^nginx|\.nginx$/, /^[ \t]*listen[ \t]/m, NGINX);
export const apache = listening('apache', /\.conf$|^(httpd|apache2?)/, /^[ \t]*Listen[ \t]/m, APACHE);
export const haproxy = listening('haproxy', /\.cfg$|^haproxy/, /^[ \t]*bind[ \t]/m, HAPROXY);

function listening(id: string, names: RegExp, fits: RegExp, pattern: RegExp): DocumentFormat {
  return {
    id,
    says: 'option',
    matches: (name) => names.test(name),
    fits: (text) => fits.test(text),
    read: (text) =>
      portsMatching(text, pattern, ({ groups }) => ({
        resource: id,
        protocol: /\b(udp|quic)\b/.test(groups!.rest ?? '') ? 'udp' : 'tcp',
      })),
  };
}
