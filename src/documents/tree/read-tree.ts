import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { environmentName } from '../../../events/names.js';
import { attempt, unlessRefused } from '../../attempt.js';
import { badUsage } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { workTreeOf } from '../../files/work-tree.js';
import { countsBy } from '../../grouped.js';
import { remembered } from '../../remembered.js';
import { variablesOf } from '../declared-ports.js';
import { compose } from '../formats/compose/read-compose.js';
import { variablesIn } from '../formats/dotenv/read-dotenv.js';
import { ALL_FORMATS, sayingOf } from '../formats/formats.js';
import type { DocumentFormat, PortEntry } from '../formats/port-entry.js';
import {
  environmentsIn,
  type FoundDocuments,
  findDocuments,
  type Reading,
  readDocument,
} from '../read-documents.js';
import type { ReadFailure } from '../read-failure.js';
import { addReferenced } from '../referenced-files.js';
import { openResourceFolder, RUN_FOLDERS } from '../resource-folder.js';
import { folderNames } from './folder-names.js';
import { nameEntries } from './name-entries.js';
import { rankOf } from './name-variables.js';
import {
  type FoundEntry,
  folderOf,
  type NamedEntry,
  type ServiceFile,
  type SetVariable,
} from './tree-entry.js';

/** All port entries of the documents at and below a folder. */
export interface Tree {
  /** By priority: of two entries for one port, the first decides whose it is. */
  entries: NamedEntry[];
  /** The folder that paths of entries are relative to. */
  base: string;
  unread: ReadFailure[];
  /** Templates, which cannot be parsed before they are filled in. */
  templates: string[];
  /** Folders with a service.json. */
  folders: string[];
  /** Markdown files, which may mention ports. */
  texts: string[];
  /** Number of documents with ports per format. */
  kinds: ReadonlyMap<string, number>;
  /** Paths of documents with ports, with their `vports: ignore` lines. */
  files: ReadonlyMap<string, ReadonlySet<number>>;
}

export interface TreeOptions extends Reading {
  /** Only these. */
  formats?: readonly DocumentFormat[] | undefined;
  /** In documents about several machines, only this one counts; by default none does. */
  host?: string | undefined;
  /** Whether a `vports: ignore` line (file and number, from 1) is honoured. Default: all are. */
  isIgnored?: ((file: string, line: number) => boolean) | undefined;
}

/** Reads the documents at and below a folder, or one file. Throws BAD_USAGE for a missing path, or a file of no known format. */
export function readTree(
  path: string,
  { formats, host, isIgnored = () => true, ...reading }: TreeOptions = {},
): Tree {
  const found = documentsAt(path, formats ?? ALL_FORMATS, { asked: formats !== undefined, reading });
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const base = workTreeOf(folder) ?? folder;
  const shown = (file: string) => relative(base, file).split(sep).join('/');
  const entries = found.documents.flatMap(({ file, format, entries: own, ignored }) =>
    own
      .filter(({ line }) => !ignored.has(line) || !isIgnored(file, line))
      .map(
        (it): FoundEntry => ({
          ...it,
          file: shown(file),
          format,
          says: sayingOf(format, it),
          ...ofOtherHost(it, host, isOfSeveral(own)),
        }),
      ),
  );
  const serviceFile = serviceFilesOf(found.documents);
  const named = nameEntries({
    entries,
    serviceFileOf: (it) => serviceFile(join(base, it)),
    environmentOf: environmentsOf(found.environments, shown),
    ...folderNames(base),
    hasDockerfile: (it) => existsSync(join(base, it, 'Dockerfile')),
  });
  const rank = new Map(ALL_FORMATS.map(({ id }, index) => [id, index]));
  return {
    entries: named.sort(
      (a, b) =>
        rank.get(a.format)! - rank.get(b.format)! ||
        (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1),
    ),
    base,
    unread: found.unread.map((it) => ({ ...it, file: shown(it.file) })),
    templates: found.templates.map(shown),
    folders: found.resourceFolders,
    texts: found.texts,
    kinds: countsBy(found.documents, ({ format }) => format),
    files: new Map(found.documents.map(({ file, ignored }) => [file, ignored])),
  };
}

/** Whether a document is about more than one machine. */
function isOfSeveral(entries: PortEntry[]): boolean {
  return new Set(entries.flatMap(({ host }) => host ?? [])).size > 1;
}

function ofOtherHost(
  { host }: PortEntry,
  wanted: string | undefined,
  isOneOfSeveral: boolean,
): Pick<PortEntry, 'elsewhere'> {
  if (host === undefined || host.toLowerCase() === wanted?.toLowerCase()) return {};
  if (wanted !== undefined) return { elsewhere: `port of the host ${host}` };
  return isOneOfSeveral ? { elsewhere: `port of the host ${host}; pass --host ${host} to import it` } : {};
}

function documentsAt(
  path: string,
  formats: readonly DocumentFormat[],
  { asked, reading }: { asked: boolean; reading: Reading },
): FoundDocuments {
  const found = statSync(path, { throwIfNoEntry: false });
  const details = { path };
  if (!found) throw badUsage(`${path} does not exist`, 'pass files or folders', { details });
  if (found.isDirectory()) {
    const documents = findDocuments(path, formats, reading);
    if (formats.includes(compose)) addReferenced(path, documents, reading.read);
    return documents;
  }
  // With an explicit format, any file name will do.
  const format =
    asked && formats.length === 1 ? formats[0] : formats.find((it) => it.matches(basename(path), path));
  const hint = `pass --format ${formats.map(({ id }) => id).join('|')}`;
  if (!format) throw badUsage(`unknown document format: ${path}`, hint, { details });
  const read = readDocument(path, format, reading.read);
  const environments = environmentsIn(dirname(path));
  const alone = { resourceFolders: [], texts: [], templates: [], composeFiles: [], environments };
  if ('isTemplate' in read) return { ...alone, documents: [], unread: [], templates: [path] };
  return 'why' in read
    ? { ...alone, documents: [], unread: [read] }
    : { ...alone, documents: [read], unread: [] };
}

/** The service.json of a folder, or of the parent of a folder like `docker` or `deploy`. */
function serviceFilesOf(documents: FoundDocuments['documents']): (folder: string) => ServiceFile | undefined {
  const read = new Map(
    documents.flatMap((it) => (it.format === 'service-json' ? [[it.file, it.entries]] : [])),
  );
  const serviceIn = (folder: string) => {
    const entries = read.get(join(folder, 'service.json'));
    return entries ? readFrom(entries) : readIn(folder);
  };
  return remembered((folder) => {
    const isAbove = RUN_FOLDERS.has(basename(folder));
    return serviceIn(folder) ?? (isAbove ? serviceIn(dirname(folder)) : undefined);
  });
}

/** From the entries of a service.json that was read already. */
function readFrom(entries: PortEntry[]): ServiceFile | undefined {
  const [{ resource, wish } = {}] = entries;
  if (resource === undefined || wish === 'dynamic') return undefined;
  const variables = entries.flatMap(({ name, variable }) =>
    name === undefined ? [] : [[variable ?? environmentName(resource, name), name] as const],
  );
  // If a file has two places for ports, the first one counts.
  const ports = new Set(entries.flatMap(({ port }) => port ?? []));
  return { resource, ports, variables: new Map(variables.reverse()) };
}

function readIn(folder: string): ServiceFile | undefined {
  // What cannot be read is reported elsewhere.
  return unlessRefused(() => {
    const { service } = openResourceFolder(folder);
    const resource = service?.dynamic ? undefined : service?.resource;
    if (!service || resource === undefined) return undefined;
    const variables = [...variablesOf(service, resource)];
    const ports = new Set(service.ports.flatMap(({ port }) => port ?? []));
    return { resource, ports, variables: new Map(variables.map(([name, variable]) => [variable, name])) };
  });
}

/** The file from which compose would take a folder's variables: `.env`, else its example. Read lazily. */
function environmentsOf(
  files: string[],
  shown: (file: string) => string,
): (folder: string) => ReadonlyMap<string, SetVariable> | undefined {
  const chosen = new Map<string, string>();
  for (const file of files) {
    const folder = folderOf(shown(file));
    const before = chosen.get(folder);
    if (before === undefined || rankOf(file) < rankOf(before)) chosen.set(folder, file);
  }
  return remembered((folder) => {
    const file = chosen.get(folder);
    return file === undefined ? undefined : variablesOfFile(file, shown(file));
  });
}

function variablesOfFile(file: string, shown: string): Map<string, SetVariable> {
  // One that cannot be read is reported with the unread documents.
  const all = attempt(() => variablesIn(readRegularText(file))) ?? [];
  return new Map(all.map(({ variable, ...it }) => [variable, { ...it, file: shown }]));
}
