import { join } from 'node:path';
import { isResourceName } from '../../../events/names.js';
import { repositoryName } from '../../files/work-tree.js';
import { remembered } from '../../remembered.js';
import { packageName } from '../package-name.js';
import { asResource, isGeneric, isNameless, meaningfulFolders } from './names.js';
import type { ReadTree } from './tree-entry.js';

/** What the folders of a tree are called, in whatever folder it is checked out: worktrees of one repository agree. */
export function folderNames(base: string): Pick<ReadTree, 'namesOf' | 'packageOf'> {
  const packageOf = remembered((folder: string) => usable(packageName(join(base, folder))));
  const root = asResource(packageName(base) ?? repositoryName(base));
  const namesOf = (folder: string) => {
    const names: string[] = [];
    for (let at = folder; at !== ''; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
      const own = at.slice(at.lastIndexOf('/') + 1);
      names.push(...[packageOf(at) ?? []].flat(), ...(isGeneric(own) ? [] : meaningfulFolders(own)));
    }
    return [...names, ...[packageOf('') ?? []].flat(), ...meaningfulFolders(folder).slice(0, 1), root];
  };
  return { namesOf, packageOf };
}

function usable(name: string | undefined): string | undefined {
  const plain = name === undefined ? undefined : asResource(name);
  return plain !== undefined && isResourceName(plain) && !isNameless(plain) ? plain : undefined;
}
