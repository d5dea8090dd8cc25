import { join } from 'node:path';
import { readRegularBytes } from '../../files/regular-file.js';
import { existsSync, readdirSync } from '../../world/files.js';
import { LARGEST_PACKED_REFS, readRef } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { ownBranches } from './own-branches.js';

/** Commits on their way to the remote's shared branch, each on top of the one before; that branch where there are none. */
export const QUEUE = 'refs/vports/queue';

/** Branches as fetched, in the git directory of the transport. */
export const FETCHED = 'refs/remotes/origin/';

/** The git directory that what is fetched stands in: the refs below `refs/remotes/origin/` of it. */
export function transportFolder(repository: Repository): string {
  return join(privateFolder(repository), 'transport');
}

/**
 * Where branches stand: of a remote those that were fetched last, those that wait to be pushed and the queue, else all local
 * ones. Costs a look into a folder: what they have is another question.
 */
export function branchHeads(repository: Repository): Map<string, string> {
  const transport = transportFolder(repository);
  if (!existsSync(transport)) return headsBelow(repository, 'refs/heads/');
  const fetched = headsBelow({ ...repository, gitdir: transport, commondir: transport }, FETCHED);
  const heads = new Map([...fetched].map(([ref, oid]) => [ref.replace(FETCHED, 'refs/heads/'), oid]));
  for (const { ref, isPending } of ownBranches(repository)) {
    const oid = isPending ? readRef(repository, ref) : undefined;
    if (oid !== undefined) heads.set(ref, oid);
  }
  const queued = readRef(repository, QUEUE);
  if (queued !== undefined) heads.set(QUEUE, queued);
  return heads;
}

/** Every ref below a prefix, with where it stands. */
export function headsBelow(repository: Repository, prefix: string): Map<string, string> {
  const heads = new Map<string, string>();
  // Files first: git gathers refs by writing the list before it removes them, so that none is missed in between.
  const folder = join(repository.commondir, prefix);
  if (existsSync(folder)) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith('.lock')) continue;
      const ref = join(entry.parentPath, entry.name).slice(repository.commondir.length + 1);
      const oid = readRef(repository, ref);
      if (oid !== undefined) heads.set(ref, oid);
    }
  }
  const packed = join(repository.commondir, 'packed-refs');
  const lines = existsSync(packed)
    ? readRegularBytes(packed, LARGEST_PACKED_REFS).toString('latin1').split('\n')
    : [];
  for (const line of lines) {
    const [, oid, ref] = /^([0-9a-f]{40}) (\S+)$/.exec(line) ?? [];
    if (oid !== undefined && ref?.startsWith(prefix) && !heads.has(ref)) heads.set(ref, oid);
  }
  return heads;
}
