import { join } from 'node:path';
import { readRegularBytes } from '../../files/regular-file.js';
import { existsSync, readdirSync } from '../../world/files.js';
import { LARGEST_PACKED_REFS, readRef } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { branchRecords } from './branch-records.js';

/** Commits to be pushed to the remote's shared branch, one on top of the other; equal to that branch if there are none. */
export const QUEUE = 'refs/vports/queue';

/** Branches as fetched, in the git directory of the transport. */
export const FETCHED = 'refs/remotes/origin/';

/** The git directory with fetched refs, below `refs/remotes/origin/`. */
export function transportFolder(repository: Repository): string {
  return join(privateFolder(repository), 'transport');
}

/** The heads of all branches: with a remote the fetched ones, those to be pushed and the queue, else the local ones. Only reads refs. */
export function branchHeads(repository: Repository): Map<string, string> {
  const transport = transportFolder(repository);
  if (!existsSync(transport)) return headsBelow(repository, 'refs/heads/');
  const fetched = headsBelow({ ...repository, gitdir: transport, commondir: transport }, FETCHED);
  const heads = new Map([...fetched].map(([ref, oid]) => [ref.replace(FETCHED, 'refs/heads/'), oid]));
  for (const { ref, isPending } of branchRecords(repository)) {
    const oid = isPending ? readRef(repository, ref) : undefined;
    if (oid !== undefined) heads.set(ref, oid);
  }
  const queued = readRef(repository, QUEUE);
  if (queued !== undefined) heads.set(QUEUE, queued);
  return heads;
}

export function headsBelow(repository: Repository, prefix: string): Map<string, string> {
  const heads = new Map<string, string>();
  // Loose refs first: git writes packed-refs before it deletes them, so that none is missed.
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
