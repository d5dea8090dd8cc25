import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularText } from '../../../files/regular-file.js';
import { type PortEntry, UnreadableDocument } from '../port-entry.js';
import { COMPOSE_FILES } from './compose-files.js';
import { compose } from './read-compose.js';

/** What the compose file of a folder publishes. Empty where there is none, or none that can be read. */
export function publishedPorts(folder: string): PortEntry[] {
  const file = COMPOSE_FILES.map((name) => join(folder, name)).find((it) => existsSync(it));
  if (!file) return [];
  try {
    return compose.read(readRegularText(file)).filter(({ side }) => side === 'host');
  } catch (error) {
    if (error instanceof UnreadableDocument || (error instanceof Error && 'code' in error)) return [];
    throw error;
  }
}

/** The container port of a published port, found by its variable or number. */
export function containerPortFor(published: PortEntry[], variable: string, port: number): number | undefined {
  const byVariable = published.find((it) => it.variable === variable);
  return (byVariable ?? published.find((it) => it.port === port))?.inside;
}
