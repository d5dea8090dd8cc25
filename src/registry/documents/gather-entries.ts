import { statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { environmentName } from '../../../events/names.js';
import { variablesOf } from '../../documents/declared-ports.js';
import { IMPORT_FORMATS } from '../../documents/formats/formats.js';
import type { DocumentFormat, PortEntry } from '../../documents/formats/port-entry.js';
import { type FoundDocuments, findDocuments, readDocument } from '../../documents/read-documents.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { openResourceFolder, RUN_FOLDERS } from '../../documents/resource-folder.js';
import { VportsError } from '../../errors.js';
import { workTreeOf } from '../../files/work-tree.js';
import { type ImportEntry, type NamedEntry, withNames } from '../decide/import-names.js';
import { comparing } from '../decide/import-order.js';

export interface Gathered {
  entries: NamedEntry[];
  unread: ReadFailure[];
  /** Folders with a service.json. */
  folders: string[];
  /** All documents that were read, as they are opened. */
  files: string[];
}

/** What documents at and below these paths say of ports, in the order in which they count. Throws BAD_USAGE. */
export function gathered(paths: string[], format: string): Gathered {
  const all: Gathered = { entries: [], unread: [], folders: [], files: [] };
  const formats = format === 'auto' ? IMPORT_FORMATS : IMPORT_FORMATS.filter(({ id }) => id === format);
  for (const path of paths) {
    const { documents, unread, resourceFolders } = documentsAt(path, formats, format !== 'auto');
    const base = workTreeOf(statSync(path).isDirectory() ? path : dirname(path)) ?? dirname(path);
    const beside = besideThese(documents);
    const entries = documents.flatMap(({ file, format: id, entries: own }) =>
      own
        .filter(({ mention }) => !mention)
        .map((entry): ImportEntry => {
          const found = id === 'service-json' ? undefined : beside(dirname(file));
          return { file: shown(base, file), format: id, ...entry, ...(found && { beside: found }) };
        }),
    );
    all.entries.push(...withNames(entries, basename(base)));
    all.unread.push(...unread.map((it) => ({ ...it, file: shown(base, it.file) })));
    all.folders.push(...resourceFolders);
    all.files.push(...documents.map(({ file }) => file));
  }
  all.entries.sort(comparing(IMPORT_FORMATS.map(({ id }) => id)));
  return all;
}

function documentsAt(path: string, formats: readonly DocumentFormat[], asked: boolean): FoundDocuments {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) {
    throw new VportsError('BAD_USAGE', `${path} is not there`, {
      hint: 'give files or folders',
      details: { path },
    });
  }
  if (found.isDirectory()) return findDocuments(path, formats);
  // A file that is named with its format may be called anything.
  const format = asked ? formats[0] : formats.find((it) => it.matches(basename(path)));
  if (!format) {
    throw new VportsError('BAD_USAGE', `what ${path} is cannot be told by its name`, {
      hint: `say --format ${formats.map(({ id }) => id).join('|')}`,
      details: { path },
    });
  }
  const read = readDocument(path, format);
  return 'why' in read
    ? { documents: [], resourceFolders: [], texts: [], unread: [read] }
    : { documents: [read], resourceFolders: [], texts: [], unread: [] };
}

/** The service.json of a folder, or of the one above it where the folder only says how the service is run. */
function besideThese(documents: FoundDocuments['documents']): (folder: string) => ImportEntry['beside'] {
  const read = new Map(
    documents.flatMap((it) => (it.format === 'service-json' ? [[it.file, it.entries]] : [])),
  );
  const known = new Map<string, ImportEntry['beside']>();
  const told = (folder: string) => {
    const entries = read.get(join(folder, 'service.json'));
    return entries ? toldIn(entries) : toldBy(folder);
  };
  return (folder) => {
    if (!known.has(folder)) {
      const above = RUN_FOLDERS.has(basename(folder));
      known.set(folder, told(folder) ?? (above ? told(dirname(folder)) : undefined));
    }
    return known.get(folder);
  };
}

/** What a service.json says that has been read already. */
function toldIn(entries: PortEntry[]): ImportEntry['beside'] {
  const [{ resource, wish } = {}] = entries;
  if (resource === undefined || wish === 'dynamic') return undefined;
  const variables = entries.flatMap(({ name, variable }) =>
    name === undefined ? [] : [[variable ?? environmentName(resource, name), name] as const],
  );
  // Of two places for ports in one file, the first one counts.
  return { resource, variables: new Map(variables.reverse()) };
}

function toldBy(folder: string): ImportEntry['beside'] {
  try {
    const { service } = openResourceFolder(folder);
    const resource = service?.dynamic ? undefined : service?.resource;
    if (!service || resource === undefined) return undefined;
    const variables = [...variablesOf(service, resource)];
    return { resource, variables: new Map(variables.map(([name, variable]) => [variable, name])) };
  } catch (error) {
    // What cannot be read is told by itself.
    if (error instanceof VportsError) return undefined;
    throw error;
  }
}

function shown(base: string, file: string): string {
  return relative(base, file).split(sep).join('/');
}
