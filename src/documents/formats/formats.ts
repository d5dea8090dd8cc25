import { basename } from 'node:path';
import { caddyfile } from './caddyfile/read-caddyfile.js';
import { compose } from './compose/read-compose.js';
import { csv } from './csv/read-csv.js';
import { devcontainer } from './devcontainer/read-devcontainer.js';
import { dockerfile } from './dockerfile/read-dockerfile.js';
import { dotenv } from './dotenv/read-dotenv.js';
import { kubernetes } from './kubernetes/read-kubernetes.js';
import { packageJson } from './package-json/read-package-json.js';
import type { DocumentFormat, PortEntry, Saying } from './port-entry.js';
import { procfile } from './procfile/read-procfile.js';
import { serviceJson } from './service-json/read-service-json.js';
import { shellDefaults } from './shell-defaults/read-shell-defaults.js';
import { shellRegistry } from './shell-registry/read-shell-registry.js';
import { mise } from './toml/read-mise.js';
import { supabase } from './toml/read-supabase.js';

/**
 * Documents that tell ports, the most telling first: where two speak of one port, the first one says whose it is. Of two that a name
 * fits, the first one reads it.
 */
export const ALL_FORMATS: readonly DocumentFormat[] = [
  shellDefaults,
  shellRegistry,
  csv,
  serviceJson,
  compose,
  kubernetes,
  procfile,
  packageJson,
  devcontainer,
  caddyfile,
  supabase,
  dotenv,
  mise,
  dockerfile,
];

const SAYS = new Map(ALL_FORMATS.map(({ id, says }) => [id, says]));

/** What an entry says: one in a file of variables that names whose port it is, is one of a list. */
export function sayingOf(format: string, { resource }: Pick<PortEntry, 'resource'>): Saying {
  const says = SAYS.get(format)!;
  return says === 'variable' && resource !== undefined ? 'list' : says;
}

/** The format of a file by its name; undefined for what is none of ours. */
export function formatOf(path: string, formats = ALL_FORMATS): DocumentFormat | undefined {
  return formats.find((format) => format.matches(basename(path)));
}
