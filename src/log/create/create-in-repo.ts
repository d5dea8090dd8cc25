import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { existsSync, readdirSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { author } from '../append/author.js';
import type { CommittedFile } from '../append/journal.js';
import { publishCheckedOut } from '../append/worktree-commit.js';
import { withWriteErrors } from '../append/write-errors.js';
import { signatureOf } from '../git/commit.js';
import { headRef } from '../git/head.js';
import { Objects } from '../git/objects.js';
import { readRef, reflogLine } from '../git/refs.js';
import { openRepository, privateFolder } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { checkoutOf } from '../git/worktrees.js';
import { WriterLock } from '../lock/writer-lock.js';
import { newRegistryId, withRegistryId } from './registry-id.js';
import type { TemplateFile } from './templates.js';

/**
 * Creates a registry in a folder of the repository around `at`, as one commit on the checked-out branch, with a `.vports.json` at the
 * root that names it. The user's staged and other changes stay. Throws UNSUPPORTED_REPOSITORY outside a work tree, CONFLICT for a
 * folder with other files and during a merge.
 */
export async function createInRepository(
  at: string,
  subfolder: string,
): Promise<{ path: string; created: boolean }> {
  const repository = openRepository(at);
  const { worktree } = repository;
  if (worktree === null) {
    throw new VportsError(
      'UNSUPPORTED_REPOSITORY',
      `${at} is a bare repository: it has no work tree for a registry`,
      {
        hint: '`vports init DIR` creates a separate registry',
        details: { path: at },
      },
    );
  }
  const path = join(worktree, subfolder);
  const ref = headRef(repository.gitdir);
  const checkout = ref && checkoutOf(repository, ref);
  if (!checkout) {
    throw new VportsError('CONFLICT', `${worktree} has a detached HEAD`, {
      hint: 'check out a branch: `git switch BRANCH`',
    });
  }
  const lock = await withWriteErrors(worktree, () => WriterLock.acquire(privateFolder(repository), 30_000));
  const objects = new Objects(repository.commondir);
  try {
    const old = readRef(repository, ref);
    const tree = old && (await objects.readCommit(old)).tree;
    if (tree && (await objects.entryAt(tree, `${subfolder}/policy.json`, FILE)))
      return { path, created: false };
    refuseOthers(path);
    const { templateInRepo } = await import('./templates.js');
    const laid = withRegistryId(templateInRepo(), newRegistryId());
    const root: TemplateFile[] = existsSync(join(worktree, '.vports.json'))
      ? []
      : [{ path: '.vports.json', content: Buffer.from(`${JSON.stringify(projectFileFor(subfolder))}\n`) }];
    const all = [...laid.map((it) => ({ ...it, path: `${subfolder}/${it.path}` })), ...root];
    const files = all.map(
      ({ path, content }): CommittedFile => ({
        path,
        before: undefined,
        after: objects.stage('blob', content),
      }),
    );
    const { root: next } = await objects.stageFiles(tree, new Map(files.map((it) => [it.path, it.after])));
    const { person } = await author(repository.commondir, {
      shared: repository.config.names('remote').length > 0,
    });
    const signature = signatureOf(person, world.now());
    const message = `start the registry of ports in ${subfolder}`;
    const parents = old ? [old] : [];
    const commit = await objects.stageCommit({ tree: next, parents, signature, message });
    await objects.flush();
    const reflog = reflogLine({ old, next: commit, who: signature }, message);
    await publishCheckedOut(repository, objects, checkout, { ref, old, next: commit, reflog, files });
    return { path, created: true };
  } finally {
    objects.discard();
    objects.close();
    lock.release();
  }
}

function refuseOthers(path: string): void {
  if (!existsSync(path) || readdirSync(path).length === 0) return;
  throw new VportsError('CONFLICT', `${path} is not empty`, {
    hint: 'choose another folder: --in-repo FOLDER',
    details: { path },
  });
}

/** With the schema in the registry, editors complete and validate the file. */
function projectFileFor(subfolder: string): object {
  return { $schema: `./${subfolder}/schemas/vports.schema.json`, registry: subfolder };
}
