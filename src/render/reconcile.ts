import { labelOf, MAIN } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import type { Drift } from '../registry/decide/documents/drift.js';

/** A line for each drift: where, what, and how it is mended. */
export function renderDrift(drift: Drift[], fixed: Drift[]): string {
  const done = new Set(fixed);
  return drift.map((it) => oneLine(`${told(it)}; ${done.has(it) ? 'mended' : it.fix}`)).join('\n');
}

function told(it: Drift): string {
  const port =
    it.port === null || it.protocol === null ? '' : formatPort({ port: it.port, protocol: it.protocol });
  const who = it.resource === null ? '' : labelOf({ resource: it.resource, name: it.name ?? MAIN });
  const where =
    it.file === null ? '' : `${[it.file, it.line, it.column].filter((part) => part !== null).join(':')}: `;
  switch (it.kind) {
    case 'listening-unrecorded':
      return `${port} is not on record, and ${it.actual} listens on it`;
    case 'stranger':
      return `${port} is held by ${who}, and bound by ${it.actual}`;
    case 'service-json':
    case 'readme':
      if (it.name === null) return `${where}${inReadme(it)}`;
      return `${where}says ${it.actual ?? 'nothing'} for ${who}, the registry ${it.expected ?? 'nothing'}`;
    case 'service-json-unrecorded':
      return `${where}says ${it.actual} for ${who}, which is not on record${it.expected === null ? '' : ` (${it.expected})`}`;
    case 'lease-expired':
    case 'owner-gone':
    case 'folder-gone':
      return `${port} ${who}: ${it.actual}`;
    case 'double-name':
      return `${who} has ${port} beside ${it.expected}, which answers for it`;
    case 'double-port':
      return `${port} is leased by ${who} here, and held by ${it.expected} in the registry`;
    case 'document':
    case 'unreadable':
      return `${where}${it.actual}`;
    case 'damaged':
      return String(it.actual);
  }
}

function inReadme({ actual, expected }: Drift): string {
  return actual === null ? `is without ${expected}` : `says \`${actual}\`, not \`${expected}\``;
}
