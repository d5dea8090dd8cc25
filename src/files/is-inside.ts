import { isAbsolute, relative, sep } from 'node:path';

/** Whether a path is a folder itself or somewhere below it, by their names alone: links are the caller's to resolve. */
export function isInside(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}
