import type { EventLog, OpenOptions } from './event-log.js';
import { headRef, openRepository, type Repository } from './git/index.js';
import { branchRef } from './git/ref-name.js';
import { GitLog } from './git-log.js';
import { localLog } from './local-log.js';
import { remoteOf, sharedBranchOf } from './remote/index.js';

export function openLocalLog(path: string, { branch, progress }: OpenOptions): EventLog {
  return opened(openRepository(path), undefined, { branch, progress });
}

function opened(
  repository: Repository,
  shared: string | undefined,
  { branch, progress }: OpenOptions,
): EventLog {
  // A detached HEAD can be read; GitLog refuses to write to it.
  const here = headRef(repository.gitdir) ?? 'HEAD';
  return branch === undefined
    ? localLog(new GitLog(repository, here, { progress, shared }))
    : localLog(new GitLog(repository, branchRef(branch), { base: here, progress, shared }));
}

export async function openRegistryLog(
  path: string,
  { branch, progress, beforePush }: OpenOptions,
): Promise<EventLog> {
  const repository = openRepository(path);
  const remote = remoteOf(repository);
  if (!remote) return opened(repository, sharedBranchOf(repository), { branch, progress });
  const { SharedLog } = await import('./shared/shared-log.js');
  const shared = new SharedLog(repository, remote.url, remote.shared, { progress, beforePush });
  const ref = branch === undefined ? headRef(repository.gitdir) : branchRef(branch);
  if (ref === remote.shared) return shared;
  // A detached HEAD can be read; GitLog refuses to write to it.
  if (ref === undefined) return opened(repository, remote.shared, { progress });
  const { BranchLog } = await import('./branch-log.js');
  return new BranchLog(shared, ref, remote.shared, { progress });
}
