import { basename } from 'node:path';
import { ansible } from './ansible/read-ansible.js';
import {
  apache,
  haproxy,
  nginx,
  nomad,
  puma,
  quadlet,
  systemdSocket,
  umbrel,
} from './by-pattern/by-pattern.js';
import { caddyfile } from './caddyfile/read-caddyfile.js';
import { compose } from './compose/read-compose.js';
import { csv } from './csv/read-csv.js';
import { devcontainer } from './devcontainer/read-devcontainer.js';
import { dockerfile } from './dockerfile/read-dockerfile.js';
import { dotenv } from './dotenv/read-dotenv.js';
import { helm } from './helm/read-helm.js';
import { kubernetes } from './kubernetes/read-kubernetes.js';
import { launchSettings } from './launch-settings/read-launch-settings.js';
import { make } from './make/read-make.js';
import { markdownTable } from './markdown-table/read-markdown-table.js';
import { packageJson } from './package-json/read-package-json.js';
import type { DocumentFormat, PortEntry, Saying } from './port-entry.js';
import { procfile } from './procfile/read-procfile.js';
import { serviceJson } from './service-json/read-service-json.js';
import { shellDefaults } from './shell-defaults/read-shell-defaults.js';
import { shellRegistry } from './shell-registry/read-shell-registry.js';
import { spring } from './spring/read-spring.js';
import { mise, supabase } from './toml/read-toml.js';
import { traefik } from './traefik/read-traefik.js';
import { webConfig } from './web-config/read-web-config.js';

/**
 * All document formats, strongest claim first: of two that mention one port, the first decides whose it is. Of two that match a file
 * name, the first reads it.
 */
export const ALL_FORMATS: readonly DocumentFormat[] = [
  shellDefaults,
  shellRegistry,
  csv,
  serviceJson,
  compose,
  quadlet,
  systemdSocket,
  umbrel,
  nomad,
  kubernetes,
  helm,
  procfile,
  packageJson,
  webConfig,
  spring,
  launchSettings,
  make,
  puma,
  traefik,
  caddyfile,
  nginx,
  apache,
  haproxy,
  supabase,
  ansible,
  dotenv,
  mise,
  devcontainer,
  markdownTable,
  dockerfile,
];

const SAYS = new Map(ALL_FORMATS.map(({ id, says }) => [id, says]));

/** What an entry says: one in a file of variables that names whose port it is, is one of a list. */
export function sayingOf(format: string, { resource }: Pick<PortEntry, 'resource'>): Saying {
  const says = SAYS.get(format)!;
  return says === 'variable' && resource !== undefined ? 'list' : says;
}

/** The formats that match a file name, strongest claim first; the first that fits the text reads it. */
export function formatsOf(path: string, formats = ALL_FORMATS): DocumentFormat[] {
  return formats.filter((format) => format.matches(basename(path), path));
}
