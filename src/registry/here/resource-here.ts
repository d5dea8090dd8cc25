import { createHash } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';
import { isResourceName } from '../../../events/names.js';
import { attempt } from '../../attempt.js';
import { packageName } from '../../documents/package-name.js';
import { openResourceFolder, type ResourceFolder } from '../../documents/resource-folder.js';
import { asResource } from '../../documents/tree/names.js';
import { badUsage } from '../../errors.js';
import { homeFolder } from '../../files/user-folders.js';
import { repositoryName, workTreeOf } from '../../files/work-tree.js';
import { hasTrustedOwner } from '../../log/git/index.js';
import { requireResource } from '../input.js';
import { nameInTree } from './name-in-tree.js';

export interface ResourceHere {
  resource: string;
  folder: ResourceFolder;
  /** Root of the work tree, or of the project without git. */
  root: string;
  /** How the resource was guessed, in words. */
  guess: string | undefined;
}

/**
 * Whose folder `cwd` is: `asked` (--resource or RESOURCE_NAME), else the nearest service.json or package.json with a name up to the
 * root of the work tree, else what the main work tree's root is called. Never by the home folder or `/`.
 * Throws BAD_USAGE if nothing names it, BAD_NAME, BAD_SERVICE_JSON.
 */
export function resourceHere(cwd: string, asked: string | undefined): ResourceHere {
  const worktree = workTreeOf(cwd);
  const folders = foldersUpTo(cwd).map((path) => openResourceFolder(path));
  if (asked !== undefined) {
    const resource = requireResource(asked);
    const folder = folders.find(({ service }) => service?.resource === resource);
    const root = worktree ?? folder?.path ?? cwd;
    return { resource, folder: folder ?? { path: cwd, service: undefined }, root, guess: undefined };
  }
  for (const folder of folders) {
    const root = worktree ?? folder.path;
    if (folder.service?.resource !== undefined)
      return { ...named(folder.service.resource, folder.service.path), folder, root };
    const name = packageName(folder.path);
    if (name === undefined || !isResourceName(asResource(name))) continue;
    const { resource, taken } = nameInTree(root, folder.path, asResource(name));
    if (taken === undefined) return { ...named(name, join(folder.path, 'package.json')), folder, root };
    return {
      resource,
      guess: `using ${resource} as resource, because ${taken} has the name ${name} too`,
      folder,
      root,
    };
  }
  const root = worktree ?? cwd;
  const name = worktree === undefined ? basename(root) : repositoryName(worktree);
  if (name === '' || isHomeOrRoot(root)) {
    throw badUsage(
      'cannot tell which resource you mean',
      'pass --resource, set RESOURCE_NAME, or run this in a folder whose service.json or package.json has a "name"',
    );
  }
  const resource = folderResource(name);
  return {
    resource,
    folder: { path: root, service: undefined },
    root,
    guess: `using the folder name ${resource} as resource; set "name" in service.json or pass --resource to change it`,
  };
}

/** Up to the root of the work tree, else as far as this user owns the folders. Never the home folder or `/`. */
export function foldersUpTo(cwd: string): string[] {
  const worktree = workTreeOf(cwd);
  const folders: string[] = [];
  for (let at = resolve(cwd); !isHomeOrRoot(at); at = dirname(at)) {
    if (worktree === undefined && !isOwnFolder(at)) break;
    folders.push(at);
    if (at === worktree) break;
  }
  return folders;
}

export function isOwnFolder(folder: string): boolean {
  return attempt(() => hasTrustedOwner(folder, folder)) ?? false;
}

function isHomeOrRoot(folder: string): boolean {
  return folder === dirname(folder) || folder === homeFolder();
}

/** The folder's name, made valid: `folder-…` for one like `2026`. */
function folderResource(name: string): string {
  const near = asResource(name);
  if (isResourceName(near)) return near;
  const prefixed = `folder-${near.replace(/^[^a-z0-9]+/, '')}`.slice(0, 63);
  if (/[a-z0-9]/.test(near) && isResourceName(prefixed)) return prefixed;
  return `folder-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}

function named(name: string, place: string): Pick<ResourceHere, 'resource' | 'guess'> {
  const bare = name.replace(/^@[^/]*\//, '');
  const resource = requireResource(asResource(bare));
  return {
    resource,
    guess:
      resource === name || resource === bare ? undefined : `using ${resource} as resource, after ${place}`,
  };
}
