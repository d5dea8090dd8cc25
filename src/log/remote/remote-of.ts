import { isAbsolute, join, resolve } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync } from '../../world/files.js';
import { headRef } from '../git/head.js';
import { branchName, branchRef } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import { placeOf, type Repository } from '../git/repository.js';
import { isRemoteUrl, requireRemoteUrl } from './remote-url.js';

/** Where a registry is shared, and its branch there that all agree on. */
export interface RemoteOf {
  name: string;
  url: string;
  /** `refs/heads/main`: what the remote's HEAD names, as far as a clone remembers it. */
  shared: string;
}

/**
 * The remote that the checked-out branch follows, else `origin`, else the only one; undefined for a repository without
 * remotes, and for one that vports never pushes: a folder of a monorepo.
 * Throws UNSUPPORTED_REPOSITORY for a URL that git must not be handed.
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
  // Where it has several, git fetches from the first.
  const [told = ''] = config.all(`remote.${name}.url`);
  const url = isRemoteUrl(told)
    ? requireRemoteUrl(told)
    : isAbsolute(told)
      ? told
      : resolve(placeOf(repository), told);
  return { name, url, shared: sharedBranch(repository, name) ?? branch ?? 'refs/heads/main' };
}

/** The branch that all share of a registry that vports does not push: main or master, else what is checked out. */
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
  // A bare clone's own HEAD was set to what the remote's named.
  if (worktree === null) return headRef(gitdir);
  // A remote whose HEAD names no branch leaves none behind; a branch of one's own is never what all share.
  return ['refs/heads/main', 'refs/heads/master'].find(
    (ref) => readRef(repository, ref.replace('refs/heads/', `refs/remotes/${remote}/`)) !== undefined,
  );
}
