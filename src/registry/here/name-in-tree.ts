import { dirname, join, relative, sep } from 'node:path';
import { isResourceName } from '../../../events/names.js';
import { packageName } from '../../documents/package-name.js';
import { asResource } from '../../documents/tree/names.js';
import { trackedFiles } from '../../files/tracked-files.js';

export interface NameInTree {
  resource: string;
  taken: string | undefined;
}

/**
 * Without their scopes `@acme/web` and `@beta/web` are one name: the first folder by path has it, any other has its path in front,
 * as `apps-b.web`. Only what git tracks comes before a folder.
 */
export function nameInTree(worktree: string, folder: string, name: string): NameInTree {
  const own = relative(worktree, folder).split(sep).join('/');
  const taken = own === '' ? undefined : firstFolderNamed(name, { worktree, before: own });
  if (taken === undefined) return { resource: name, taken };
  const path = own.endsWith(`/${name}`) ? own.slice(0, -name.length - 1) : own;
  const resource = `${asResource(path.replaceAll('/', '-'))}.${name}`;
  return { resource: isResourceName(resource) ? resource : name, taken };
}

function firstFolderNamed(
  name: string,
  { worktree, before }: { worktree: string; before: string },
): string | undefined {
  const packages = [...(trackedFiles(worktree) ?? [])].filter((it) => /(^|\/)package\.json$/.test(it));
  return packages
    .map((it) => dirname(it))
    .filter((it) => it < before)
    .sort()
    .find((it) => asResource(packageName(join(worktree, it)) ?? '') === name);
}
