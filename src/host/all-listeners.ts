import { portKey } from '../../events/port.js';
import { atContainers, publishedPorts } from './docker.js';
import type { Listener } from './listener.js';
import { socketTable } from './sockets.js';

/** All that listens on this machine, in one look; a process that listens on several addresses of a port once. */
export async function allListeners(): Promise<Listener[]> {
  const [table, published] = await Promise.all([socketTable(), publishedPorts()]);
  const found = atContainers(await table.listeners(() => true), published).filter((it) => !it.connected);
  return [
    ...new Map(found.map((it) => [`${portKey(it)} ${it.pid ?? it.container ?? it.address}`, it])).values(),
  ];
}
