import { isAbsolute, relative, sep } from 'node:path';

/** Whether `path` is `folder` or below it, by name: the caller resolves links. */
export function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
