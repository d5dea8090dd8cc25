import { VportsError } from '../../errors.js';
import { type Transport, world } from '../../world/index.js';
import { gitTransport, hasGit } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';
import { transportFolder } from './branch-heads.js';
import { GitTransport } from './git-transport.js';
import { HttpTransport, httpRefs } from './http-transport.js';
import { refusedAccess } from './refused-access.js';
import { reasonIn, unreachable } from './remote-answers.js';
import { REMOTE, remoteSettings } from './remote-settings.js';
import { withoutSecrets } from './remote-url.js';

/** git if installed; else isomorphic-git for http and https. Throws UNSUPPORTED_REPOSITORY for other URLs. */
export function openTransport(repository: Repository, url: string): Transport {
  const { commondir } = repository;
  if (world.openTransport)
    return world.openTransport({ url, commondir, gitdir: transportFolder(repository) });
  if (hasGit()) return new GitTransport(repository, url);
  requireHttp(url);
  return new HttpTransport(repository, url);
}

/** All refs of a remote. Throws REMOTE_UNREACHABLE, UNSUPPORTED_REPOSITORY. */
export async function remoteRefs(url: string, hint?: string): Promise<string[]> {
  if (!hasGit()) {
    requireHttp(url);
    return httpRefs(url);
  }
  const { status, stdout, stderr } = await gitTransport(['ls-remote', '--', REMOTE], {
    env: remoteSettings(url),
  });
  if (status !== 0)
    throw refusedAccess(url, stderr, 'REMOTE_UNREACHABLE') ?? unreachable(url, reasonIn(stderr), hint);
  return stdout.split('\n').filter(Boolean);
}

function requireHttp(url: string): void {
  if (/^https?:\/\//i.test(url)) return;
  const shown = withoutSecrets(url);
  throw new VportsError('UNSUPPORTED_REPOSITORY', `git is not installed, but ${shown} requires it`, {
    hint: 'install git; without it only https and local registries work',
    details: { remote: shown },
  });
}
