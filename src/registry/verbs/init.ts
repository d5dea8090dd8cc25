import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PROJECT_FILE } from '../../documents/excluded.js';
import { badUsage, VportsError } from '../../errors.js';
import { workTreeOf } from '../../files/work-tree.js';
import { createRegistry } from '../../log/create/index.js';
import { findRegistry } from '../locate/locate-registry.js';
import { trustIfLocal } from '../locate/trust.js';

export interface Init {
  bare?: boolean | undefined;
  inRepo?: string | undefined;
  remote?: string | undefined;
}

/** In a new or empty folder; an existing registry is left unchanged. */
export async function createdRegistry(
  dir: string,
  { bare = false, inRepo, remote }: Init = {},
): Promise<{ path: string; created: boolean; published?: boolean }> {
  const path = resolve(dir);
  if (inRepo !== undefined) {
    if (bare || remote !== undefined) {
      throw badUsage(
        'with --in-repo the registry is shared through that repository',
        'drop --bare and --remote',
      );
    }
    const subfolder = requireSubfolder(inRepo);
    requireUnnamed(path, subfolder);
    return (await import('../../log/create/index.js')).createInRepository(path, subfolder);
  }
  if (remote === undefined) {
    const created = await createRegistry(path, { bare });
    if (created) trustIfLocal(path);
    return { path, created };
  }
  const { requireEmptyRemote, publishNew } = await import('../../log/create/index.js');
  const { likelyHost } = await import('../../forge/index.js');
  const url = await requireEmptyRemote(remote);
  const created = await createRegistry(path, { bare, host: likelyHost(url) });
  try {
    await publishNew(path, url);
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    throw new VportsError(error.code, error.message, {
      hint: `the registry ${path} exists but has no remote yet; run the same command again to publish it`,
      details: error.details,
      cause: error,
    });
  }
  trustIfLocal(remote);
  return { path, created, published: true };
}

/** The new registry would not be found, and changing an existing .vports.json is up to the user. */
function requireUnnamed(at: string, subfolder: string): void {
  const root = workTreeOf(at);
  const file = join(root ?? at, PROJECT_FILE);
  if (root === undefined || !existsSync(file)) return;
  const { from, path, remote } = findRegistry(undefined, root, {});
  if (from === 'project' && remote === undefined && path === join(root, subfolder)) return;
  const named = from !== 'project' ? 'is owned by another user' : `names ${remote ?? path} as the registry`;
  throw new VportsError('CONFLICT', `${file} ${named}; nothing was changed`, {
    hint: `remove it, or change it to {"registry": ${JSON.stringify(subfolder)}}, and run the command again`,
    details: { file },
  });
}

function requireSubfolder(text: string): string {
  const clean = text.replace(/\/+$/, '');
  if (/^[\w@.-]+(\/[\w@.-]+)*$/.test(clean) && !clean.split('/').some((it) => /^\.{1,2}$|^\.git$/i.test(it)))
    return clean;
  throw badUsage(
    `${JSON.stringify(text.slice(0, 200))} is not a folder of the repository`,
    'write the path from the root of the repository, like `ports` or `infra/ports`',
    { details: { folder: text.slice(0, 200) } },
  );
}
