import { resolve } from 'node:path';
import { createRegistry } from '../log/create.js';

/** Makes a registry in a new or empty folder; one that is there already is left as it is. */
export async function createdRegistry(
  dir: string,
  { bare = false }: { bare?: boolean } = {},
): Promise<{ path: string; created: boolean }> {
  const path = resolve(dir);
  return { path, created: await createRegistry(path, { bare }) };
}
