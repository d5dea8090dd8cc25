import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Presses a button of a host for a branch of the bare repository at `path`: `merge`, `squash` and `rebase` bring it to `base`, `update`
 * builds it anew on `base`. Refs are compared and swapped, as there. False where the host would not let it be pressed, as for a conflict.
 */
export function pressButton(path, how, { branch, base, seconds = Math.floor(Date.now() / 1_000) }) {
  const index = join(path, `index-${randomUUID()}`);
  const host = {
    GIT_AUTHOR_NAME: 'Host',
    GIT_AUTHOR_EMAIL: 'host@example.com',
    GIT_AUTHOR_DATE: `${seconds} +0000`,
    GIT_COMMITTER_NAME: 'Host',
    GIT_COMMITTER_EMAIL: 'host@example.com',
    GIT_COMMITTER_DATE: `${seconds} +0000`,
    GIT_INDEX_FILE: index,
  };
  const git = (args, env = {}) => {
    const options = {
      env: { ...process.env, ...host, ...env, GIT_CONFIG_GLOBAL: '/dev/null' },
      encoding: 'utf8',
    };
    const { status, stdout } = spawnSync('git', ['-C', path, ...args], options);
    return status === 0 ? stdout.trim() : undefined;
  };
  /** git 2.39 merges trees by a base of one's own only in an index. */
  const merged = (from, ours, theirs) => {
    rmSync(index, { force: true });
    const read = git(['read-tree', '-i', '-m', '--aggressive', from, ours, theirs]);
    return read === undefined ? undefined : git(['write-tree']);
  };
  const [onto, head] = [git(['rev-parse', `refs/heads/${base}`]), git(['rev-parse', `refs/heads/${branch}`])];
  if (!onto || !head || git(['merge-base', '--is-ancestor', head, onto]) !== undefined) return false;
  const move = (name, to, from) =>
    to !== undefined && git(['update-ref', `refs/heads/${name}`, to, from]) !== undefined;
  try {
    if (how === 'merge' || how === 'squash') {
      const tree = git(['merge-tree', '--write-tree', onto, head]);
      if (tree === undefined) return false;
      const parents = how === 'merge' ? ['-p', onto, '-p', head] : ['-p', onto];
      const message = how === 'merge' ? `Merge ${branch}` : `${branch} (#1)`;
      return move(base, git(['commit-tree', ...parents, '-m', message, tree]), onto);
    }
    let at = onto;
    for (const oid of git(['rev-list', '--reverse', '--no-merges', `${onto}..${head}`]).split('\n')) {
      const tree = merged(`${oid}^`, at, oid);
      if (tree === undefined) return false;
      const [name, email, message] = git(['show', '-s', '--format=%an%x00%ae%x00%B', oid]).split('\0');
      at = git(['commit-tree', '-p', at, '-m', message, tree], {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
      });
    }
    return how === 'update' ? move(branch, at, head) : move(base, at, onto);
  } finally {
    rmSync(index, { force: true });
  }
}
