import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { portsInReadme } from './readme.js';
import { openResourceFolder, utf8 } from './resource-folder.js';
import { editServiceJson } from './service-json.js';

/** A port number that a document tells. */
export interface ToldPort {
  document: 'service-json' | 'readme';
  name: string;
  /** Null where the document has the name and no number. */
  port: number | null;
  file: string;
  /** From 1. */
  line: number;
  /** Whether `docs` can put a number there: a value like `"${API_PORT}"` is left as it is. */
  writable: boolean;
}

/** What the documents of one resource's folder tell of ports. */
export interface ToldFolder {
  path: string;
  resource: string;
  told: ToldPort[];
  /** Where service.json stands, and whether names that it lacks can be added there. */
  service: { file: string; line: number };
}

/** Undefined where no service.json names a resource, or where its ports are leases. Throws BAD_SERVICE_JSON. */
export function toldPorts(path: string): ToldFolder | undefined {
  const { service } = openResourceFolder(path);
  if (service?.resource === undefined || service.dynamic) return undefined;
  const inService = service.ports.map(({ name, port, line }): ToldPort => {
    const writable =
      editServiceJson(service.text, service.path, new Map([[name, port === 1 ? 2 : 1]])) !== service.text;
    return { document: 'service-json', name, port: port ?? null, file: service.path, line, writable };
  });
  const readme = join(path, 'README.md');
  const text = existsSync(readme) ? utf8(readFileSync(readme)) : undefined;
  const inReadme = portsInReadme(text ?? '').map(
    (it): ToldPort => ({ document: 'readme', ...it, file: readme, writable: true }),
  );
  return {
    path,
    resource: service.resource,
    told: [...inService, ...inReadme],
    service: { file: service.path, line: inService[0]?.line ?? 1 },
  };
}
