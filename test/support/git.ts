import { execFileSync, spawnSync } from 'node:child_process';

const IDENTITY = {
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

/** What plain git prints; throws where it fails. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...IDENTITY },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

/** The same for a git that may refuse. */
export function tryGit(folder: string, ...args: string[]): { status: number; output: string } {
  const { status, stdout, stderr } = spawnSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...IDENTITY },
  });
  return { status: status ?? -1, output: stdout + stderr };
}

/** Paths of all event files that a commit has. */
export function eventFiles(folder: string, revision = 'HEAD'): string[] {
  return git(folder, 'ls-tree', '-r', '--name-only', revision, 'events').split('\n').filter(Boolean);
}

/** Throws where git finds anything at all to say of the repository. */
export function fsck(folder: string): void {
  const { status, output } = tryGit(folder, 'fsck', '--strict', '--no-dangling', '--no-progress');
  if (status !== 0 || output.trim() !== '') throw new Error(`git fsck: ${output}`);
}
