import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

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
