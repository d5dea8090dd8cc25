import { basename, dirname, join, resolve } from 'node:path';
import { errno, VportsError } from '../errors.js';
import type { ReadText } from '../files/reading-once.js';
import { readRegularText } from '../files/regular-file.js';
import { isSystemFailure, refusalOf } from '../system-error.js';
import { parseServiceJson, type ServiceJson } from './formats/service-json/parse-service-json.js';
import { isTemplate, isTemplateText } from './template.js';

/** The folder of a resource, with its service.json and README. */
export interface ResourceFolder {
  path: string;
  service: (ServiceJson & { path: string }) | undefined;
}

/** Possible places of a folder's service.json; the first that exists counts. */
export const PLACES = ['service.json', join('.vrooli', 'service.json')];

/** The folder that a service.json in `path` describes: `.vrooli` describes its parent. */
export function resourceFolderOf(path: string, root: string): string {
  return basename(path) === '.vrooli' && path !== root ? dirname(path) : path;
}

/** Folders with deployment files of the service in their parent. */
export const RUN_FOLDERS: ReadonlySet<string> = new Set(
  '.vrooli compose config deploy deployment docker env'.split(' '),
);

/** Throws BAD_SERVICE_JSON (with line and column) for a service.json that cannot be read. */
export function openResourceFolder(path: string, read: ReadText = readRegularText): ResourceFolder {
  const folder = resolve(path);
  for (const place of PLACES.map((it) => join(folder, it))) {
    const text = textOf(place, read);
    const service = text === undefined ? undefined : serviceIn(text, place);
    if (service) return { path: folder, service: { path: place, ...service } };
  }
  return { path: folder, service: undefined };
}

/** Undefined for a template: it is another file's to be. Throws BAD_SERVICE_JSON. */
function serviceIn(text: string, path: string): ServiceJson | undefined {
  try {
    const service = parseServiceJson(text, path);
    return isTemplate(service.resource) ? undefined : service;
  } catch (error) {
    if (error instanceof VportsError && isTemplateText(text)) return undefined;
    throw error;
  }
}

export const README = 'README.md';

/** The README of a folder. */
export interface ReadmeFile {
  path: string;
  /** Undefined where there is none, null where it cannot be read. */
  text: string | null | undefined;
  /** What kept it from being read. */
  error?: unknown | undefined;
}

/** Reports a missing or unreadable file in its result; never throws. */
export function readReadme(folder: string, read: ReadText = readRegularText): ReadmeFile {
  const path = join(folder, README);
  try {
    return { path, text: read(path) };
  } catch (error) {
    if (MISSING.includes(errno(error) ?? '')) return { path, text: undefined };
    if (errno(error) === undefined) throw error;
    return { path, text: null, error };
  }
}

/** The text of a file, undefined where there is none; a folder or an unreadable file in its place is BAD_SERVICE_JSON. */
function textOf(path: string, read: ReadText): string | undefined {
  try {
    return read(path);
  } catch (error) {
    if (MISSING.includes(errno(error) ?? '')) return undefined;
    if (errno(error) === 'EILSEQ') throw notUtf8(path, error);
    if (isSystemFailure(error)) throw refusalOf(error, { path }) ?? error;
    throw new VportsError('BAD_SERVICE_JSON', `cannot read ${path} (${errno(error) ?? 'unknown'})`, {
      hint: 'check its permissions, or run the command from another folder',
      details: { file: path },
      cause: error,
    });
  }
}

function notUtf8(path: string, cause: unknown): VportsError {
  return new VportsError('BAD_SERVICE_JSON', `${path}:1:1: not UTF-8`, {
    hint: 'convert it to UTF-8 and try again; nothing was written',
    details: { file: path, line: 1, column: 1 },
    cause,
  });
}

/** No such file, or a link to none, or a path that leads nowhere. */
export const MISSING: readonly string[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];
