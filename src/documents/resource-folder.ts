import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errno, VportsError } from '../errors.js';
import { readRegularFile } from '../regular-file.js';
import { parseServiceJson, type ServiceJson } from './service-json.js';

/** A folder that a resource lives in: where its service.json and README stand. */
export interface ResourceFolder {
  path: string;
  service: (ServiceJson & { path: string }) | undefined;
}

const PLACES = ['service.json', join('.vrooli', 'service.json')];

/** Throws BAD_SERVICE_JSON (with line and column) for a service.json that cannot be read. */
export function openResourceFolder(path: string): ResourceFolder {
  const folder = resolve(path);
  const place = PLACES.map((it) => join(folder, it)).find((it) => existsSync(it));
  if (!place) return { path: folder, service: undefined };
  return { path: folder, service: { path: place, ...parseServiceJson(readText(place), place) } };
}

/** The text of a file; a folder or an unreadable file in its place is BAD_SERVICE_JSON. */
function readText(path: string): string {
  try {
    const text = utf8(readRegularFile(path));
    if (text !== undefined) return text;
  } catch (error) {
    throw new VportsError('BAD_SERVICE_JSON', `${path} cannot be read (${errno(error) ?? 'unknown'})`, {
      hint: 'see who may read it, or run the command from another folder',
      details: { file: path },
      cause: error,
    });
  }
  throw new VportsError('BAD_SERVICE_JSON', `${path}:1:1: is not UTF-8`, {
    hint: 'convert it and try again; nothing was written',
    details: { file: path, line: 1, column: 1 },
  });
}

/** The text of a file's bytes; undefined where it would not give the same bytes back. */
export function utf8(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
