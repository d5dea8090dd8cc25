import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import type { Running } from '../registry/run/running.js';
import { minute } from './ports.js';
import { fitTable } from './table.js';

const HEADING = ['URL', 'RESOURCE', 'PROCESS', 'SINCE', 'FOLDER', 'PROJECT'];

export function renderRunning(running: Running[], width?: number): { text: string; hidden: string[] } {
  return fitTable(
    HEADING,
    running.map((it) => [
      it.url ?? formatPort(it),
      it.resource === null ? '' : labelOf({ resource: it.resource, name: it.name! }),
      oneLine(processOf(it)),
      it.since === null ? '' : minute(it.since),
      oneLine(it.folder ?? ''),
      // Local ids mean nothing to a person.
      it.project === null || it.project.startsWith('local:') ? '' : oneLine(it.project),
    ]),
    width,
  );
}

function processOf({ process, pid, user, container }: Running): string {
  const who = (process ?? 'a process not visible to you').slice(0, 60);
  const facts = [pid === null ? '' : `pid ${pid}`, user ?? '', container ? `container ${container}` : ''];
  return `${who} (${facts.filter(Boolean).join(', ')})`;
}
