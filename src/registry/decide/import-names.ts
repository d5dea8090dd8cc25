import { isPortName, isResourceName, MAIN } from '../../../events/names.js';
import type { PortEntry } from '../../documents/formats/port-entry.js';

/** An entry with the file that it stands in: a path with slashes. */
export interface ImportEntry extends PortEntry {
  file: string;
  format: string;
  /** The resource of a service.json in the same folder, or in the one above a `docker` or `deploy`, with its variables by name. */
  beside?: { resource: string; variables: ReadonlyMap<string, string> };
}

/** An entry with whose port it is and what it is called; undefined where the document does not tell, or not in words. */
export interface NamedEntry extends ImportEntry {
  resource: string;
  name: string;
}

/** Folders that say how a service is run and not which one it is. */
const GENERIC = /^(docker|deploy|deployment|compose|config|env|envs|infra|k8s|kubernetes|\.vrooli|\.|)$/;

/** Gives every entry a resource and a name; of compose and env files what their folders, services and variables suggest. */
export function withNames(entries: ImportEntry[], root: string): NamedEntry[] {
  const siblings = new Map<string, number>();
  const service = (it: ImportEntry) => `${it.file} ${it.resource ?? ''} ${it.protocol}`;
  for (const it of entries)
    if (it.side === 'host') siblings.set(service(it), (siblings.get(service(it)) ?? 0) + 1);
  return entries.map((entry): NamedEntry => {
    const declared = entry.variable && entry.beside?.variables.get(entry.variable);
    if (declared && entry.format !== 'service-json') return named(entry, entry.beside!.resource, declared);
    if (entry.format === 'compose') return composeName(entry, root, siblings.get(service(entry)) ?? 0);
    if (entry.format === 'dotenv') {
      const resource = entry.beside?.resource ?? folderName(entry.file, root);
      return named(entry, resource, nameIn(entry.variable!, [resource]) || MAIN);
    }
    const told = entry.resource ?? folderName(entry.file, root);
    const resource = entry.format === 'service-json' ? told : asResource(told);
    return named(entry, resource, entry.name ?? MAIN);
  });
}

function composeName(entry: ImportEntry, root: string, siblings: number): NamedEntry {
  const key = asResource(entry.resource ?? '');
  const around = entry.beside?.resource ?? folderName(entry.file, root);
  const resource = key === around || entry.file.split('/').includes(key) ? key : `${around}-${key}`;
  const words = [resource, around, key];
  const suggested =
    entry.name ?? (siblings > 1 && entry.variable ? nameIn(entry.variable, words) || MAIN : undefined);
  const fallback = siblings > 1 ? `p${entry.inside ?? entry.port ?? ''}` : MAIN;
  return named(entry, resource, suggested !== undefined && isPortName(suggested) ? suggested : fallback);
}

function named(entry: ImportEntry, resource: string, name: string): NamedEntry {
  return Object.assign({ resource: '', name: '' }, entry, { resource, name });
}

/** `QUESTDB_HTTP_PORT` of questdb is `http`, `QUESTDB_PORT` is empty. */
function nameIn(variable: string, words: string[]): string {
  const bare = variable.replace(/_?PORT(_(TCP|UDP))?$/i, '').toLowerCase();
  const prefix = words
    .map((word) => word.replace(/[^a-z0-9]+/g, '_'))
    .filter((word) => bare === word || bare.startsWith(`${word}_`))
    .sort((a, b) => b.length - a.length)[0];
  const rest = prefix === undefined ? bare : bare.slice(prefix.length + 1);
  return rest === '' || isPortName(rest) ? rest : `p_${rest}`.slice(0, 31);
}

/** The folder that says which service it is. */
function folderName(file: string, root: string): string {
  const folders = [root, ...file.split('/').slice(0, -1)].filter((it) => !GENERIC.test(it));
  return asResource(folders.at(-1) ?? 'service');
}

/** A name as a resource may have it, as near as can be; one that has no letter, or is a variable, is left as it is, to be told as a problem. */
function asResource(text: string): string {
  if (/[$`]/.test(text)) return text;
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9._@-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
  return isResourceName(plain) ? plain : text;
}
