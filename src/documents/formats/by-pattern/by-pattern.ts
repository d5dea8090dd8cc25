/** Formats in which a line says a port by itself: a pattern finds it. */

import type { Protocol } from '../../../../events/port.js';
import { asPortName } from '../command-ports.js';
import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** `PublishPort=[ADDRESS:]HOST:CONTAINER[/PROTOCOL]` (docs.podman.io, podman-systemd.unit). */
const PUBLISHED =
  /^[ \t]*PublishPort[ \t]*=[ \t]*["']?(?:(?:\[[0-9a-fA-F:]*\]|[\d.]+):)?(?<port>\d{1,5})(?=:(?<inside>\d{1,5})(?:\/(?<protocol>tcp|udp))?)/gim;

/** Containers and pods of podman that systemd runs. */
export const quadlet: DocumentFormat = {
  id: 'quadlet',
  says: 'publisher',
  matches: (name) => /\.(container|pod)$/.test(name),
  read(text, name = '') {
    const called = /^[ \t]*(?:ContainerName|PodName)[ \t]*=[ \t]*([\w.-]+)/m.exec(text)?.[1];
    const resource = called ?? name.replace(/@?\.(container|pod)$/, '');
    return portsMatching(text, PUBLISHED, ({ groups }) => ({
      resource,
      inside: Number(groups!.inside),
      protocol: (groups!.protocol ?? 'tcp').toLowerCase() as Protocol,
    }));
  },
};

/** `ListenStream=8080`, `ListenDatagram=[::]:53` (systemd.socket(5)). */
const LISTENED =
  /^[ \t]*Listen(?<kind>Stream|Datagram)[ \t]*=[ \t]*(?:(?:\[[0-9a-fA-F:]*\]|[\d.]+):)?(?<port>\d{1,5})[ \t]*$/gm;

export const systemdSocket: DocumentFormat = {
  id: 'systemd-socket',
  says: 'publisher',
  matches: (name) => /\.socket$/.test(name),
  read: (text, name = '') =>
    portsMatching(text, LISTENED, ({ groups }) => ({
      resource: name.replace(/@?\.socket$/, ''),
      protocol: groups!.kind === 'Stream' ? 'tcp' : 'udp',
    })),
};

/** Keys at the root, which no line of a text in the manifest can be. */
const APP_PORT = /^port:[ \t]*["']?(?<port>\d{1,5})\b/gm;
const APP_ID = /^id:[ \t]*["']?([^"'\s#]+)/m;

/** The port of an app of umbrelOS, by its id (github.com/getumbrel/umbrel-apps, "The Umbrel App Manifest"). */
export const umbrel: DocumentFormat = {
  id: 'umbrel-app',
  says: 'publisher',
  matches: (name) => /^umbrel-app\.ya?ml$/.test(name),
  read(text) {
    const id = APP_ID.exec(text)?.[1];
    return portsMatching(text, APP_PORT, () => (id === undefined ? {} : { resource: id }));
  },
};

/** `port "http" { static = 8500 }` of a job (developer.hashicorp.com/nomad/docs/job-specification/network). */
const STATIC = /\bport\s+"(?<name>[^"\n]+)"\s*\{[^{}]*?\bstatic\s*=\s*"?(?<port>\d{1,5})\b/g;
const TASK = /^[ \t]*(?:task|group)\s+"([^"\n]+)"/gm;

export const nomad: DocumentFormat = {
  id: 'nomad',
  says: 'publisher',
  matches: (name) => /\.(nomad|hcl|job)$/.test(name),
  fits: (text) => text.includes('static') && /^[ \t]*job\s+"/m.test(text),
  read(text) {
    const job = /^[ \t]*job\s+"([^"\n]+)"/m.exec(text)?.[1];
    const labels = [...text.matchAll(STATIC)].map(({ groups }) => groups!.name!);
    return portsMatching(text, STATIC, ({ groups, index }) => {
      const label = groups!.name!;
      const isUnique = labels.filter((it) => it === label).length === 1;
      const name = asPortName(isUnique ? label : (taskAt(text, index!) ?? label));
      return { ...(job !== undefined && { resource: job }), ...(name !== undefined && { name }) };
    });
  },
};

/** The task or group that a place is in: two tasks of a job may give their ports one label. */
function taskAt(text: string, offset: number): string | undefined {
  return [...text.slice(0, offset).matchAll(TASK)].at(-1)?.[1];
}

/** `port 4567`, `bind "tcp://0.0.0.0:9292"` of puma, `bind = "0.0.0.0:8000"` of gunicorn. `PORT` itself is skipped. */
const BOUND =
  /^[ \t]*(?:port[ \t(]+|bind[ \t(=]+\[?["'](?:tcp:\/\/|ssl:\/\/)?[\w.[\]:]*?:)(?<port>\d{2,5})(?=["')\s?&]|$)/gm;

/** Configuration files of Ruby and Python servers (puma.io, docs.gunicorn.org). */
export const puma: DocumentFormat = {
  id: 'puma',
  says: 'option',
  matches: (name) => /^(puma|unicorn|thin)(\.\w+)?\.rb$|^gunicorn([._-]\w+)*\.py$/.test(name),
  read: (text) => portsMatching(text, BOUND),
};

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
