import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import type { Ignore } from 'ignore';
import { attempt } from '../attempt.js';
import { errno } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import { trackedFiles } from '../files/tracked-files.js';
import { workTreeOf } from '../files/work-tree.js';
import type { Progress } from '../progress.js';
import { excludedAt, matcherFor } from './excluded.js';
import { ignoreRules } from './ignore-rules.js';
import { type ReadFailure, reasonOf } from './read-failure.js';

/** Never looked into, whatever .gitignore says. */
const SKIPPED = new Set(['node_modules', '.git']);

/** A folder with the names of its files, in order. */
export interface WalkedFolder {
  path: string;
  files: string[];
  /** With those that .gitignore names. */
  all: string[];
  /** Where the folder could not be read: what is in it, nobody knows. */
  unread?: ReadFailure | undefined;
}

/**
 * All folders at and below `root`, by name. Passed over are `node_modules`, `.git`, what the project's .vports.json excludes
 * (`excluded`, where it is not that), what .gitignore names and git does not track
 * all the same, and links. Reports unreadable folders.
 */
export function* walk(
  root: string,
  excluded = excludedAt(root),
  progress?: Progress | undefined,
): Generator<WalkedFolder> {
  const outer = outerRules(root);
  // Who names a folder that is ignored wants to look into it.
  const rules = outer.some((it) => ignores(it, root, true)) ? [] : outer;
  let seen = 0;
  const known = { isTracked: trackedBelow(root), isExcluded: matcherFor(excluded) };
  for (const folder of below(root, rules, known)) {
    if (++seen % 50 === 0) progress?.({ doing: `looking through folders: ${seen}` });
    yield folder;
  }
}

/** Whether git tracks a path, or something below it. The index is read only where something is ignored. */
function trackedBelow(folder: string): (path: string) => boolean {
  const root = workTreeOf(folder);
  let paths: Set<string> | undefined;
  return (path) => {
    if (root === undefined) return false;
    paths ??= withFolders(trackedFiles(root) ?? new Set());
    return paths.has(relative(root, path).split(sep).join('/'));
  };
}

function withFolders(files: Set<string>): Set<string> {
  const all = new Set(files);
  for (const file of files) {
    for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
      const folder = file.slice(0, end);
      if (all.has(folder)) break;
      all.add(folder);
    }
  }
  return all;
}

interface Known {
  isTracked: (path: string) => boolean;
  isExcluded: (path: string, directory: boolean) => boolean;
}

function* below(folder: string, outer: Rules[], known: Known): Generator<WalkedFolder> {
  const { isTracked, isExcluded } = known;
  const { entries, unread } = entriesOf(folder);
  const own = entries.some((it) => it.isFile() && it.name === '.gitignore') ? [rulesIn(folder)] : [];
  const rules = [...outer, ...own];
  const wanted = (entry: Dirent, directory: boolean) =>
    !rules.some((it) => ignores(it, join(folder, entry.name), directory)) ||
    isTracked(join(folder, entry.name));
  const all = entries.filter((entry) => !entry.isDirectory() && !isExcluded(join(folder, entry.name), false));
  const files = rules.length === 0 ? all : all.filter((entry) => wanted(entry, false));
  yield {
    path: folder,
    files: files.map(({ name }) => name),
    all: all.map(({ name }) => name),
    ...(unread && { unread }),
  };
  for (const entry of entries) {
    if (!entry.isDirectory() || SKIPPED.has(entry.name) || !wanted(entry, true)) continue;
    if (isExcluded(join(folder, entry.name), true)) continue;
    yield* below(join(folder, entry.name), rules, known);
  }
}

interface Rules {
  folder: string;
  matcher: Ignore;
}

/** What the .gitignore files above a folder say, from the root of its git work tree down. */
function outerRules(root: string): Rules[] {
  const above: string[] = [];
  for (let at = root; ; at = dirname(at)) {
    if (at !== root) above.unshift(at);
    if (existsSync(join(at, '.git')))
      return above.filter((it) => existsSync(join(it, '.gitignore'))).map(rulesIn);
    if (dirname(at) === at) return [];
  }
}

function rulesIn(folder: string): Rules {
  // What may not be read ignores nothing.
  const text = attempt(() => readRegularText(join(folder, '.gitignore'))) ?? '';
  return { folder, matcher: ignoreRules(text) };
}

function ignores({ folder, matcher }: Rules, path: string, directory: boolean): boolean {
  return matcher.ignores(`${relative(folder, path).split(sep).join('/')}${directory ? '/' : ''}`);
}

/** By their names. */
function entriesOf(folder: string): { entries: Dirent[]; unread?: ReadFailure | undefined } {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return { entries: entries.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  } catch (error) {
    // It may have gone since its name was read.
    if (errno(error) === 'ENOENT') return { entries: [] };
    return { entries: [], unread: { file: folder, line: null, column: null, why: reasonOf(error) } };
  }
}
