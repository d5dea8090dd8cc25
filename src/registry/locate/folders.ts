import { openResourceFolder, type ResourceFolder } from '../../documents/resource-folder.js';
import { badUsage, VportsError } from '../../errors.js';
import { statSync } from '../../world/files.js';
import { requireResource } from '../input.js';

export function currentFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new VportsError('REGISTRY_NOT_FOUND', 'the current folder no longer exists', {
      hint: 'change to an existing folder',
      cause,
    });
  }
}

export function namedResource(path: string): { folder: ResourceFolder; resource: string } {
  const folder = openResourceFolder(path);
  const resource = folder.service?.resource;
  if (resource !== undefined) return { folder, resource: requireResource(resource) };
  throw new VportsError('BAD_SERVICE_JSON', `no service.json in ${folder.path} names a resource`, {
    hint: 'pass the folder of a resource, whose service.json has a "name"',
    details: { path: folder.path },
  });
}

export function namedFolder(dir: string, resource: string): ResourceFolder {
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
    throw badUsage(`${dir} is not a folder`, "pass the resource's folder as --dir");
  }
  const folder = openResourceFolder(dir);
  const owner = folder.service?.resource;
  if (owner === undefined || owner === resource || owner === resource.split('@', 1)[0]) return folder;
  throw badUsage(
    `${dir} is the folder of ${JSON.stringify(owner)}, not of ${resource}`,
    'drop --dir, or pass the folder of this resource',
    { details: { dir, resource: owner } },
  );
}

/** Throws BAD_USAGE. */
export function requireFolder(path: string): string {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw badUsage(`${path} is not a folder`, 'pass folders to search', { details: { path } });
}
