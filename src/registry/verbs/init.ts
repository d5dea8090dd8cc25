import { resolve } from 'node:path';
import { VportsError } from '../../errors.js';
import { createRegistry } from '../../log/create/index.js';
import { trustIfLocal } from '../state/trust.js';

export interface Init {
  bare?: boolean | undefined;
  /** A folder of the repository that `dir` is in, from its root. */
  inRepo?: string | undefined;
  /** The URL of an empty repository, to share the registry from. */
  remote?: string | undefined;
}

/** Makes a registry in a new or empty folder; one that is there already is left as it is. */
export async function createdRegistry(
  dir: string,
  { bare = false, inRepo, remote }: Init = {},
): Promise<{ path: string; created: boolean; published?: boolean }> {
  const path = resolve(dir);
  if (inRepo !== undefined) {
    if (bare || remote !== undefined) {
      throw new VportsError(
        'BAD_USAGE',
        'a registry in a folder of a repository is shared by that repository',
        {
          hint: 'leave --bare and --remote out',
        },
      );
    }
    const { createInRepository } = await import('../../log/create/index.js');
    return createInRepository(path, requireSubfolder(inRepo));
  }
  if (remote === undefined) {
    const created = await createRegistry(path, { bare });
    // Nobody else has put a hook there.
    if (created) trustIfLocal(path);
    return { path, created };
  }
  const { requireEmptyRemote, publishNew } = await import('../../log/create/index.js');
  const url = await requireEmptyRemote(remote);
  const created = await createRegistry(path, { bare });
  try {
    await publishNew(path, url);
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    throw new VportsError(error.code, error.message, {
      hint: `the registry is at ${path}, and has no remote yet: the same command again publishes it`,
      details: error.details,
      cause: error,
    });
  }
  trustIfLocal(remote);
  return { path, created, published: true };
}

function requireSubfolder(text: string): string {
  const clean = text.replace(/\/+$/, '');
  if (/^[\w@.-]+(\/[\w@.-]+)*$/.test(clean) && !clean.split('/').some((it) => /^\.{1,2}$|^\.git$/i.test(it)))
    return clean;
  throw new VportsError(
    'BAD_USAGE',
    `${JSON.stringify(text.slice(0, 200))} is not a folder of a repository`,
    {
      hint: 'write it from the root of the repository, like `ports` or `infra/ports`',
      details: { folder: text.slice(0, 200) },
    },
  );
}
