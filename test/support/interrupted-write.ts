import { git } from './git.js';

/** Takes back the last commit, which added `file`, and gives the journal of a writer that was killed before it moved the branch. */
export function undoneCommit(path: string, file: string) {
  const [old, next] = [git(path, 'rev-parse', 'HEAD~1'), git(path, 'rev-parse', 'HEAD')];
  const after = git(path, 'rev-parse', `HEAD:${file}`);
  git(path, 'reset', '-q', '--hard', old);
  return {
    version: 1,
    worktree: '',
    ref: 'refs/heads/main',
    old,
    next,
    reflog: `${old} ${next} x <x> 0 +0000\tx\n`,
    files: [{ path: file, after }],
  };
}
