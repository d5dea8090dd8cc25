import type { Progress } from '../progress.js';
import type { EventLog, OpenOptions } from './event-log.js';
import { headRef, openRepository } from './git/index.js';
import { branchRef } from './git/ref-name.js';
import { GitLog } from './git-log.js';
import { localLog } from './local-log.js';
import { remoteOf } from './remote/index.js';

export function openLog(path: string, branch: string | undefined, progress: Progress | undefined): EventLog {
  const repository = openRepository(path);
  // A detached HEAD can be read; GitLog refuses to write to it.
  const shared = headRef(repository.gitdir) ?? 'HEAD';
  return branch === undefined
    ? localLog(new GitLog(repository, shared, { progress }))
    : localLog(new GitLog(repository, branchRef(branch), { base: shared, progress }));
}

/** A registry with a remote is written where all share it, or on a branch of its own beside that. */
export async function openSharedOrOwn(
  path: string,
  { branch, progress, beforePush }: OpenOptions,
): Promise<EventLog> {
  const repository = openRepository(path);
  const remote = remoteOf(repository);
  if (!remote) return openLog(path, branch, progress);
  const { SharedLog } = await import('./shared/shared-log.js');
  const shared = new SharedLog(repository, remote.url, remote.shared, { progress, beforePush });
  const ref = branch === undefined ? headRef(repository.gitdir) : branchRef(branch);
  if (ref === remote.shared) return shared;
  // A detached HEAD can be read; GitLog refuses to write to it.
  if (ref === undefined) return openLog(path, undefined, progress);
  const { BranchLog } = await import('./branch-log.js');
  return new BranchLog(shared, ref, remote.shared, { progress });
}

export async function emptyLog(): Promise<EventLog> {
  const [{ MemoryLog }, { defaultPolicySource }] = await Promise.all([
    import('./memory-log.js'),
    import('../policy/default-policy.js'),
  ]);
  return localLog(new MemoryLog(defaultPolicySource()));
}
