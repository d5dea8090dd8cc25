import { basename } from 'node:path';
import { compose } from './formats/compose.js';
import { csv } from './formats/csv.js';
import { dockerfile } from './formats/dockerfile.js';
import { dotenv } from './formats/dotenv.js';
import { kubernetes } from './formats/kubernetes.js';
import { serviceJson } from './formats/service-json.js';
import { shellRegistry } from './formats/shell-registry.js';
import type { DocumentFormat } from './port-entry.js';

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
