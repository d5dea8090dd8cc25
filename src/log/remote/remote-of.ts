import { isAbsolute, join, resolve } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync } from '../../world/files.js';
import { headRef } from '../git/head.js';
import { branchName, branchRef } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import { placeOf, type Repository } from '../git/repository.js';
import { isRemoteUrl, requireRemoteUrl } from './remote-url.js';

export interface RemoteOf {
  name: string;
  url: string;
  /** `refs/heads/main`: the branch of the remote's HEAD, as recorded in the clone. */
  shared: string;
}

/**
 * The remote of the checked-out branch, else `origin`, else the first one; undefined without remotes, and in a monorepo, which vports
 * never pushes. Throws UNSUPPORTED_REPOSITORY for a URL that must not reach git.
 */
export function remoteOf(repository: Repository): RemoteOf | undefined {
  const { config } = repository;
  if (repository.prefix !== '') return undefined;
  const names = config.names('remote').filter((it) => config.get(`remote.${it}.url`) !== undefined);
  if (names.length === 0) return undefined;
  const branch = headRef(repository.gitdir);
  const followed = branch && config.get(`branch.${branchName(branch)}.remote`);
  const name = [followed, 'origin', ...names].find((it) => it !== undefined && names.includes(it));
  if (name === undefined) return undefined;
  // git fetches from the first of several URLs.
  const [configured = ''] = config.all(`remote.${name}.url`);
  const url = isRemoteUrl(configured)
    ? requireRemoteUrl(configured)
    : isAbsolute(configured)
      ? configured
      : resolve(placeOf(repository), configured);
  return { name, url, shared: sharedBranch(repository, name) ?? branch ?? 'refs/heads/main' };
}

/** The shared branch, also of a registry that vports does not push: main or master, else the checked-out branch. */
export function sharedBranchOf(repository: Repository): string | undefined {
  const remote = remoteOf(repository)?.shared;
  if (remote !== undefined) return remote;
  if (repository.worktree === null) return headRef(repository.gitdir);
  return (
    ['refs/heads/main', 'refs/heads/master'].find((ref) => readRef(repository, ref) !== undefined) ??
    headRef(repository.gitdir)
  );
}

function sharedBranch(repository: Repository, remote: string): string | undefined {
  const { commondir, worktree, gitdir } = repository;
  const path = join(commondir, 'refs/remotes', remote, 'HEAD');
  if (existsSync(path)) {
    const prefix = `ref: refs/remotes/${remote}/`;
    const text = readRegularText(path).trim();
    if (text.startsWith(prefix)) return branchRef(text.slice(prefix.length));
  }
  // vports sets the HEAD of its bare clones to the remote's.
  if (worktree === null) return headRef(gitdir);
  // A remote with a detached HEAD leaves none behind; one's own branch is never the shared one.
  return ['refs/heads/main', 'refs/heads/master'].find(
    (ref) => readRef(repository, ref.replace('refs/heads/', `refs/remotes/${remote}/`)) !== undefined,
  );
}
