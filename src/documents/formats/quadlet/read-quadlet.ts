import type { Protocol } from '../../../../events/port.js';
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
