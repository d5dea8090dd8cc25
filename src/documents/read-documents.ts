import { basename, join, relative, sep } from 'node:path';
import { errno } from '../errors.js';
import type { ReadText } from '../files/reading-once.js';
import { readRegularText } from '../files/regular-file.js';
import type { Progress } from '../progress.js';
import type { Excluded } from './excluded.js';
import { compose } from './formats/compose/read-compose.js';
import { dotenv } from './formats/dotenv/read-dotenv.js';
import { formatsOf } from './formats/formats.js';
import {
  type DocumentFormat,
  type PortEntry,
  requireFewEntries,
  UnreadableDocument,
} from './formats/port-entry.js';
import { isLinkToIgnored, isLinkToPrivate } from './ignored-by-git.js';
import { type ReadFailure, reasonOf } from './read-failure.js';
import { resourceFolderOf } from './resource-folder.js';
import { isTemplate, isTemplateText } from './template.js';
import { type WalkedFolder, walk } from './walk.js';

/** A parsed document with ports. */
interface ReadDocument {
  file: string;
  format: string;
  entries: PortEntry[];
  /** Lines that say `vports: ignore`, which is for people to answer for. From 1. */
  ignored: ReadonlySet<number>;
  /** It is filled in before it can be read. */
  isTemplate?: true | undefined;
}

export interface FoundDocuments {
  documents: ReadDocument[];
  /** Folders at and below the root that have a service.json, by name. */
  resourceFolders: string[];
  /** Markdown, which may speak of ports. */
  texts: string[];
  unread: ReadFailure[];
  /** Documents that are filled in before they can be read. */
  templates: string[];
  /** Compose files, which may name others. */
  composeFiles: string[];
  /** Files that compose would take variables from, or that are handed out in their place. */
  environments: string[];
}

/** Documents larger than this are none, and are not parsed. Bytes. */
const LARGEST = 4 * 2 ** 20;

export interface Reading {
  /** What has been walked already; default: all below the root that is not `excluded`. */
  folders?: Iterable<WalkedFolder> | undefined;
  excluded?: Excluded | undefined;
  read?: ReadText | undefined;
  progress?: Progress | undefined;
}

/** Reads the documents at and below a folder, by their names. */
export function findDocuments(
  root: string,
  formats: readonly DocumentFormat[],
  { excluded, progress, folders: walked = walk(root, excluded, progress), read: readText }: Reading = {},
): FoundDocuments {
  const found: FoundDocuments = {
    documents: [],
    resourceFolders: [],
    texts: [],
    unread: [],
    templates: [],
    composeFiles: [],
    environments: [],
  };
  const folders = new Set<string>();
  for (const { path, files, unread } of walked) {
    if (unread) found.unread.push(unread);
    const below = path === root ? '' : `${relative(root, path).split(sep).join('/')}/`;
    for (const name of files) {
      const file = join(path, name);
      if (name === 'service.json') folders.add(resourceFolderOf(path, root));
      if (name.endsWith('.md')) found.texts.push(file);
      const possible = formatsOf(below + name, formats);
      if (possible.includes(dotenv) && isLinkToPrivate(file)) continue;
      if (isEnvironment(name)) found.environments.push(file);
      if (possible.length === 0) continue;
      if (possible[0] === compose) found.composeFiles.push(file);
      const read = isTemplate(below + name)
        ? template(file, possible[0]!)
        : readDocument(file, possible, readText);
      if ('why' in read) found.unread.push(read);
      else if (read.isTemplate) found.templates.push(file);
      else if (read.entries.length > 0) found.documents.push(read);
    }
  }
  found.resourceFolders = [...folders].sort();
  return found;
}

/** Those that stand in a folder itself. */
export function environmentsIn(folder: string): string[] {
  for (const { path, files } of walk(folder))
    return files.filter(isEnvironment).map((name) => join(path, name));
  return [];
}

function isEnvironment(name: string): boolean {
  return (
    name === '.env' || (dotenv.matches(name, name) && /example|sample|dist|template|default/i.test(name))
  );
}

/** Throws EFBIG for what is too large for a document. */
export function readDocumentText(file: string): string {
  return readRegularText(file, LARGEST);
}

/** One document, or why it could not be read. A link to what git ignores says nothing where that is not there. */
export function readDocument(
  file: string,
  formats: DocumentFormat | readonly DocumentFormat[],
  read: ReadText = readDocumentText,
): ReadDocument | ReadFailure {
  const possible = [formats].flat();
  let format = possible[0]!;
  let text = '';
  try {
    text = read(file);
    const fitting = possible.find(({ fits = () => true }) => fits(text));
    if (!fitting) return nothing(file, format);
    format = fitting;
    const lines = text.includes('vports: ignore') ? text.split('\n') : [];
    const ignored = new Set(
      lines.flatMap((line, index) => (line.includes('vports: ignore') ? [index + 1] : [])),
    );
    const entries = format.read(text, basename(file));
    requireFewEntries(entries.length);
    return { file, format: format.id, entries, ignored };
  } catch (error) {
    if (error instanceof UnreadableDocument && isTemplateText(text)) return template(file, format);
    if (isLinkToIgnored(file)) return nothing(file, format);
    if (error instanceof UnreadableDocument)
      return { file, line: error.line, column: error.column, why: error.message };
    if (errno(error) === undefined) throw error;
    return { file, line: null, column: null, why: reasonOf(error) };
  }
}

function nothing(file: string, { id }: DocumentFormat): ReadDocument {
  return { file, format: id, entries: [], ignored: new Set() };
}

function template(file: string, format: DocumentFormat): ReadDocument {
  return { ...nothing(file, format), isTemplate: true };
}
