import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { attempt } from '../attempt.js';
import { readRegularText } from '../files/regular-file.js';
import { ignoreRules } from './ignore-rules.js';

/** The project's file with its registry and its ignored paths. */
export const PROJECT_FILE = '.vports.json';

/** Files that a project wants passed over, as .gitignore would have them, from the folder of its .vports.json. */
export interface Excluded {
  folder: string;
  patterns: readonly string[];
}

/** What the nearest .vports.json at or above a folder says, up to the root of its work tree. A broken one says nothing here. */
export function excludedAt(root: string): Excluded | undefined {
  for (let at = root; ; at = dirname(at)) {
    const file = join(at, PROJECT_FILE);
    if (existsSync(file))
      return { folder: at, patterns: patternsIn(attempt(() => readRegularText(file)) ?? '') };
    if (existsSync(join(at, '.git')) || dirname(at) === at) return undefined;
  }
}

/** The patterns of the text of a .vports.json. */
export function patternsIn(text: string): string[] {
  const ignore: unknown = attempt(() => JSON.parse(text.replace(/^\uFEFF/, '')).ignore);
  return Array.isArray(ignore) ? ignore.filter((it): it is string => typeof it === 'string') : [];
}

/** Whether a path is passed over; a folder with all that is below it. */
export function matcherFor(excluded: Excluded | undefined): (path: string, directory: boolean) => boolean {
  if (!excluded || excluded.patterns.length === 0) return () => false;
  const { folder } = excluded;
  const matcher = ignoreRules(excluded.patterns);
  return (path, directory) => {
    const below = relative(folder, path).split(sep).join('/');
    if (below === '' || below.startsWith('../')) return false;
    return matcher.ignores(`${below}${directory ? '/' : ''}`);
  };
}
