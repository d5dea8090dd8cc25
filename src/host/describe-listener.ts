import { oneLine } from '../control-characters.js';
import type { Listener } from './listener.js';

/** A listener in one line: `node server.js (pid 812, ada) on 127.0.0.1`. */
export function describeListener({ process, pid, user, container, address, connected }: Listener): string {
  const who = process === null ? 'an invisible process' : shortened(process);
  const facts = [
    pid === null ? '' : `pid ${pid}`,
    user ?? '',
    container ? `container ${container}` : '',
  ].filter(Boolean);
  const where = address === null ? '' : connected ? ` as the local end of a connection` : ` on ${address}`;
  return oneLine(`${who}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}${where}`);
}

function shortened(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
