import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The git work tree that a folder is in, or undefined. */
export function workTreeOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}
