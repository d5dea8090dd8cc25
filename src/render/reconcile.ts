import { labelOf, MAIN } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import type { Drift } from '../registry/decide/drift/drift.js';

export function renderDrift(drift: Drift[], fixed: Drift[]): string {
  const done = new Set(fixed);
  return drift.map((it) => oneLine(`${inWords(it)}; ${done.has(it) ? 'fixed' : it.fix}`)).join('\n');
}

function inWords(it: Drift): string {
  const port =
    it.port === null || it.protocol === null ? '' : formatPort({ port: it.port, protocol: it.protocol });
  const who = it.resource === null ? '' : labelOf({ resource: it.resource, name: it.name ?? MAIN });
  const where =
    it.file === null ? '' : `${[it.file, it.line, it.column].filter((part) => part !== null).join(':')}: `;
  switch (it.kind) {
    case 'listening-unrecorded':
      return `${port} is not registered, but ${it.actual} listens on it`;
    case 'stranger':
      return `${port} is held by ${who}, but used by ${it.actual}`;
    case 'service-json':
    case 'readme':
      if (it.name === null) return `${where}${inReadme(it)}`;
      return `${where}says ${it.actual ?? 'nothing'} for ${who}, but the registry says ${it.expected ?? 'nothing'}`;
    case 'service-json-unrecorded':
      return `${where}says ${it.actual} for ${who}, which is not registered${it.expected === null ? '' : ` (${it.expected})`}`;
    case 'lease-expired':
    case 'owner-gone':
    case 'folder-gone':
      return `${port} ${who}: ${it.actual}`;
    case 'double-name':
      return `${who} has both ${port} and ${it.expected}; ${it.expected} is the one in use`;
    case 'double-port':
      return `${port} is leased by ${who} on this machine, but held by ${it.expected} in the registry`;
    case 'document':
    case 'unreadable':
      return `${where}${it.actual}`;
    case 'damaged':
      return String(it.actual);
  }
}

function inReadme({ actual, expected }: Drift): string {
  return actual === null ? `lacks ${expected}` : `says \`${actual}\`, not \`${expected}\``;
}
