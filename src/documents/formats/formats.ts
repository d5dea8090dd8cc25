import { basename } from 'node:path';
import { compose } from './compose/read-compose.js';
import { csv } from './csv/read-csv.js';
import { dockerfile } from './dockerfile/read-dockerfile.js';
import { dotenv } from './dotenv/read-dotenv.js';
import { kubernetes } from './kubernetes/read-kubernetes.js';
import type { DocumentFormat } from './port-entry.js';
import { serviceJson } from './service-json/read-service-json.js';
import { shellRegistry } from './shell-registry/read-shell-registry.js';

/** Documents that tell ports beside service.json and README. Of two that a name fits, the first one reads it. */
const FORMATS: readonly DocumentFormat[] = [compose, dotenv, dockerfile, kubernetes];

/** What can be imported, the most telling first: where two speak of one port, the first one says whose it is. */
export const IMPORT_FORMATS: readonly DocumentFormat[] = [
  shellRegistry,
  csv,
  serviceJson,
  compose,
  kubernetes,
  dotenv,
];

/** The format of a file by its name; undefined for what is none of ours. */
export function formatOf(path: string, formats = FORMATS): DocumentFormat | undefined {
  return formats.find((format) => format.matches(basename(path)));
}
