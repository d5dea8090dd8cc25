import { join } from 'node:path';
import type { PortKey } from '../../events/port.js';
import { attempt } from '../attempt.js';
import { ignoreErrors } from '../files/ignore-errors.js';
import { readRegularText } from '../files/regular-file.js';
import { cacheFolder, isPrivateFolder } from '../files/user-folders.js';
import { writeWhole } from '../files/write-whole.js';

/** When each port of this machine was last seen listening by vports. ISO times. */
export interface LastSeen {
  since: string;
  at: ReadonlyMap<PortKey, string>;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Records the ports that listen now, and returns all that is known. Failed writes are ignored. */
export function recordListeners(listening: Iterable<PortKey>, now: number): LastSeen {
  const iso = new Date(now).toISOString();
  const before = read();
  const at = new Map([...before.at, ...[...listening].map((key) => [key, iso] as const)]);
  const known = { since: before.since ?? iso, at };
  ignoreErrors(() => {
    isPrivateFolder(cacheFolder());
    writeWhole(file(), JSON.stringify({ since: known.since, at: Object.fromEntries(at) }));
  });
  return known;
}

function file(): string {
  return join(cacheFolder(), 'last-heard.json');
}

function read(): { since: string | undefined; at: Map<PortKey, string> } {
  const kept: unknown = attempt(() => JSON.parse(readRegularText(file())));
  const { since, at } = (kept ?? {}) as { since?: unknown; at?: unknown };
  const isInstant = (it: unknown): it is string => typeof it === 'string' && INSTANT.test(it);
  const entries = Object.entries((typeof at === 'object' && at) || {}).filter(
    (it): it is [PortKey, string] => /^(tcp|udp)\/\d{1,5}$/.test(it[0]) && isInstant(it[1]),
  );
  return { since: isInstant(since) ? since : undefined, at: new Map(entries) };
}
