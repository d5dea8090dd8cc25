import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import { describeListener } from '../host/describe-listener.js';
import type { Status, StatusPort } from '../registry/verbs/here/status.js';
import { minute, renderClaims } from './ports.js';

const FROM: Record<string, string> = {
  option: 'from --registry',
  VPORTS_REGISTRY: 'from VPORTS_REGISTRY',
  project: 'from .vports.json',
  embedded: 'this machine only',
};

export function renderStatus(status: Status): string {
  const { registry, project, resource, instance } = status;
  const where = registry.url === null ? registry.path : `${registry.url}, cloned to ${registry.path}`;
  const lines = [
    `registry  ${where} (${FROM[registry.from] ?? registry.from})`,
    ...(project === null ? [] : [`project   ${project.id ?? 'none yet'} (${project.from})`]),
    ...(resource === null ? [] : [`resource  ${resource}`]),
    ...(instance === null ? [] : [`instance  ${instance}`]),
    `folder    ${status.folder}`,
    ...status.ports.map(port),
    ...renderClaims(status.claims),
    ...status.findings.flatMap(({ level, message, hint }) => [
      `${level}: ${message}`,
      ...(hint ? [`  ${hint}`] : []),
    ]),
  ];
  return lines.map(oneLine).join('\n');
}

function port(it: StatusPort): string {
  const servers = it.listeners.filter(({ connected }) => !connected);
  const bound = [...new Set(servers.map((server) => describeListener(server)))];
  const listening = bound.length > 0 ? `used by ${bound.join(' and by ')}` : 'nothing listens';
  const lease = it.lease === null ? '' : `, leased until ${minute(it.lease)}`;
  return `${it.url ?? formatPort(it)}  ${labelOf(it)}, ${it.variables.join(' and ')}${lease}: ${listening}`;
}
