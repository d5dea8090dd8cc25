import type { PortEntry, Saying } from '../formats/port-entry.js';

/** A port entry with its document. */
export interface FoundEntry extends PortEntry {
  /** From the base of the tree, with slashes. */
  file: string;
  /** The id of the format it was read as, and what that says of numbers. */
  format: string;
  says: Saying;
}

/** An entry with whose port it is and what it is called: as `import` puts it on record and `ci` and `docs` look for it. */
export interface NamedEntry extends FoundEntry {
  resource: string;
  name: string;
  /** Names of the resource under which another reading of the tree may have put it on record, the resource itself among them. */
  knownAs: readonly string[];
  /** Why it claims no port: it is inside a container, elsewhere, another version of an entry that claims it. */
  skipped?: string | undefined;
  /** Whose it is and what that project calls it, where it is not the project that asks. */
  belongs?: { project?: string | undefined; local?: string | undefined } | undefined;
  /** The entry that claims the port that this one only repeats. */
  sameAs?: NamedEntry | undefined;
}

/** The contents of a folder's service.json. */
export interface ServiceFile {
  resource: string;
  /** Numbers that it gives. */
  ports: ReadonlySet<number>;
  /** Port names by the variables that carry them. */
  variables: ReadonlyMap<string, string>;
}

/** What is read of a whole tree, for who gives the entries their names. */
export interface ReadTree {
  entries: FoundEntry[];
  /** The service.json that speaks for a folder of the tree; undefined where there is none. */
  serviceFileOf: (folder: string) => ServiceFile | undefined;
  /** What compose would take from the environment file of a folder, by variable. */
  environmentOf: (folder: string) => ReadonlyMap<string, SetVariable> | undefined;
  /** What a folder is called, the best name first: by its package, by itself, by those above it. Never empty. */
  namesOf: (folder: string) => readonly string[];
  /** The package that a folder of the tree is; undefined for a folder that is none. */
  packageOf: (folder: string) => string | undefined;
  /** Whether an image is built of a folder of the tree. */
  hasDockerfile: (folder: string) => boolean;
}

/** A variable of an environment file, with the position of its value. */
export interface SetVariable {
  value: string;
  file: string;
  /** From 1. */
  line: number;
  /** Position of the value in the file, quotes included. */
  offset: number;
}

export function placeOf({ file, line }: { file: string; line: number }): string {
  return `${file}:${line}`;
}

/** `a/b` of `a/b/compose.yml`; empty at the root. */
export function folderOf(file: string): string {
  return file.slice(0, Math.max(0, file.lastIndexOf('/')));
}
