import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { VportsError } from '../../../errors.js';
import type { Commit } from '../commit.js';
import { mkdirSync, mkdtempSync, rmSync, writeNew } from '../guarded-files.js';
import type { NewObject } from '../pack.js';
import { answerOf, hasGit, noProgramsBut } from './git-program.js';
import { readingEnvironment } from './reading-place.js';

/**
 * Encodes and signs a commit with the user's `gpg.format` and `user.signingKey`. `needed` are objects that the repository lacks: the
 * commit's tree and parents. Throws CANNOT_WRITE if git is missing or the signing program fails.
 */
export async function signedCommit(
  commondir: string,
  { tree, parents, signature, message }: Commit,
  needed: ReadonlyMap<string, NewObject>,
): Promise<Buffer> {
  const hint =
    '`git commit -S` with the same user shows the problem; `git config commit.gpgSign false` in the registry turns signing off';
  if (!hasGit())
    throw new VportsError(
      'CANNOT_WRITE',
      'commit.gpgSign requires signed commits, but git is not on the PATH',
      {
        hint: 'install git',
      },
    );
  const folder = mkdtempSync(join(tmpdir(), 'vports-sign-'));
  try {
    for (const [oid, object] of needed) putLoose(folder, oid, object);
    writeNew(join(folder, 'message'), message);
    const env = {
      ...readingEnvironment(commondir),
      ...identityOf(signature),
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(join(commondir, 'objects')),
      GIT_ALLOW_PROTOCOL: 'none',
    };
    // Signing runs the user's programs. A registry cannot name any, as git runs in a directory of our own.
    const own = ['-c', 'i18n.commitEncoding=UTF-8', ...noProgramsBut('gpg.')];
    const before = parents.flatMap((it) => ['-p', it]);
    const made = await answerOf(
      [...own, 'commit-tree', '-S', ...before, '-F', join(folder, 'message'), tree],
      env,
    );
    const oid = made.stdout.trim();
    if (made.status === 0 && /^[0-9a-f]{40}$/.test(oid)) {
      const { status, stdout } = await answerOf([...own, 'cat-file', 'commit', oid], env);
      if (status === 0 && stdout.includes('\ngpgsig ')) return Buffer.from(stdout);
    }
    const why = made.stderr.trim().split('\n')[0]?.slice(0, 300) || 'git gives no reason';
    throw new VportsError('CANNOT_WRITE', `the commit could not be signed: ${why}`, { hint });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** git expects a list of folders, quoted as in C. */
function alternate(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&')}"`;
}

function putLoose(folder: string, oid: string, { type, content }: NewObject): void {
  const place = join(folder, oid.slice(0, 2));
  mkdirSync(place, { recursive: true });
  const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  writeNew(join(place, oid.slice(2)), deflateSync(whole));
}

function identityOf(signature: string): Record<string, string> {
  const [, name = '', email = '', date = ''] = /^(.*) <(.*)> (\d+ [+-]\d{4})$/.exec(signature) ?? [];
  return Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, name],
      [`GIT_${who}_EMAIL`, email],
      [`GIT_${who}_DATE`, `@${date}`],
    ]),
  );
}
