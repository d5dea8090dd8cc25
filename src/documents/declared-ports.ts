import { environmentName } from '../../events/names.js';
import type { Protocol } from '../../events/port.js';
import type { ReadText } from '../files/reading-once.js';
import { portsInReadme } from './formats/readme/readme.js';
import type { ServiceJson } from './formats/service-json/parse-service-json.js';
import { openResourceFolder, type ReadmeFile, readReadme } from './resource-folder.js';

/** A port number in a document. */
export interface DeclaredPort {
  document: 'service-json' | 'readme';
  name: string;
  /** Null where the document has the name and no number. */
  port: number | null;
  protocol: Protocol;
  file: string;
  /** From 1. */
  line: number;
  /** Whether `docs` can put a number there: a value like `"${API_PORT}"` is left as it is. */
  writable: boolean;
}

/** The ports in the documents of one resource's folder. */
export interface DeclaredFolder {
  path: string;
  resource: string;
  ports: DeclaredPort[];
  readme: ReadmeFile;
  /** Variables that service.json itself names, by port name. */
  variables: ReadonlyMap<string, string>;
  /** Place of the ports in service.json. */
  service: { file: string; line: number };
}

/** Undefined where no service.json names a resource, or where its ports are leases. Throws BAD_SERVICE_JSON. */
export function declaredPorts(
  path: string,
  folder = openResourceFolder(path),
  read?: ReadText,
): DeclaredFolder | undefined {
  const { service } = folder;
  if (service?.resource === undefined || service.dynamic) return undefined;
  const inService = [...service.ports, ...service.again].map(
    ({ name, port, protocol, line, writable }): DeclaredPort => ({
      document: 'service-json',
      name,
      port: port ?? null,
      protocol,
      file: service.path,
      line,
      writable,
    }),
  );
  const readme = readReadme(path, read);
  const inReadme = portsInReadme(readme.text ?? '').map(
    (it): DeclaredPort => ({ document: 'readme', ...it, file: readme.path, writable: true }),
  );
  return {
    path,
    resource: service.resource,
    ports: [...inService, ...inReadme],
    readme,
    variables: variablesOf(service, service.resource),
    service: { file: service.path, line: inService[0]?.line ?? 1 },
  };
}

/** Variables that a service.json names, or suggests, by port name. */
export function variablesOf({ ports }: ServiceJson, resource: string): Map<string, string> {
  return new Map(ports.map(({ name, variable }) => [name, variable ?? environmentName(resource, name)]));
}
