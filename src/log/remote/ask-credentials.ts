import { join } from 'node:path';
import { existsSync } from '../../world/files.js';
import { makeBareFolder } from '../git/durable-fs.js';
import { gitTransport } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';
import { transportFolder } from './branch-heads.js';

/** Milliseconds for a credential helper to answer. */
const PATIENCE = 30_000;

/** Of tokens in the environment: gh, as a program and as a helper of git, would hand them out for any host that it is asked for. */
export const NO_TOKENS = {
  GH_TOKEN: '',
  GITHUB_TOKEN: '',
  GH_ENTERPRISE_TOKEN: '',
  GITHUB_ENTERPRISE_TOKEN: '',
  GITLAB_TOKEN: '',
} as const;

/**
 * The password that the user's git has for a repository at an https host, from its credential helpers alone: nobody is prompted.
 * `host` may have a port. Undefined where git is missing or has none.
 */
export async function askCredentials(
  repository: Repository,
  { host, path }: { host: string; path: string },
): Promise<string | undefined> {
  const gitdir = transportFolder(repository);
  // Where there is one, only who holds the remote lock writes to it.
  if (!existsSync(join(gitdir, 'HEAD'))) makeBareFolder(gitdir);
  const { status, stdout } = await gitTransport(
    ['-c', 'credential.interactive=false', 'credential', 'fill'],
    {
      gitdir,
      input: `protocol=https\nhost=${host}\npath=${path}\n\n`,
      silence: PATIENCE,
      // An empty GIT_ASKPASS keeps git from the programs of core.askPass and SSH_ASKPASS.
      env: { ...NO_TOKENS, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '', GCM_INTERACTIVE: 'never' },
    },
  );
  const isForHost = /^host=(.*)$/m.exec(stdout)?.[1] === host;
  return status === 0 && isForHost ? /^password=(.+)$/m.exec(stdout)?.[1] : undefined;
}
