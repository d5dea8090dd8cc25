import { join } from 'node:path';
import { EVENTS } from '../../../events/event-path.js';
import { VportsError } from '../../errors.js';
import { world } from '../../world/index.js';
import { syncFiles } from '../append/checkout-files.js';
import type { CommittedFile } from '../append/journal.js';
import { publishCheckedOut } from '../append/worktree-commit.js';
import { Objects } from '../git/objects.js';
import { gitIn } from '../git/program/git-program.js';
import { SYSTEM_TROUBLE } from '../git/program/system-trouble.js';
import { NO_OID, RefUpdate, readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { type Difference, treeDifference } from '../git/tree-difference.js';
import { type Checkout, checkoutOf, refuseUnderWay } from '../git/worktrees.js';

/** With more changed files git does the checkout: vports syncs each file separately. */
const MANY = 200;

/** Fast-forwards a branch. If it is checked out, index and files follow; the user's changes stay. Throws CONFLICT if they are in the way. */
export async function fastForward(
  repository: Repository,
  ref: string,
  old: string | undefined,
  next: string,
): Promise<void> {
  const who = `vports <vports> ${Math.floor(world.now() / 1000)} +0000`;
  const reflog = `${old ?? NO_OID} ${next} ${who}\tvports: follow the remote\n`;
  const checkout = checkoutOf(repository, ref);
  if (!checkout) {
    (await RefUpdate.begin(repository, ref, old, next)).finish(reflog);
    return;
  }
  const objects = new Objects(repository.commondir);
  try {
    const changed = await changesBetween(objects, old, next);
    const events = `${repository.prefix}${EVENTS}/`;
    const files = changed.flatMap(({ path, before, after, modes }): CommittedFile[] =>
      after !== undefined && modes.after === FILE && path.startsWith(events) ? [{ path, before, after }] : [],
    );
    if (files.length < changed.length || files.length > MANY)
      return await checkOut(checkout, repository, ref, next, changed);
    // Uses a journal: a power cut during git's own checkout leaves empty files that would count as the user's.
    await publishCheckedOut(repository, objects, checkout, { ref, old, next, reflog, files });
  } catch (error) {
    const isInTheWay = error instanceof VportsError && error.code === 'CONFLICT';
    throw isInTheWay ? cannotFollow(checkout, error.message) : error;
  } finally {
    objects.close();
  }
}

async function changesBetween(
  objects: Objects,
  old: string | undefined,
  next: string,
): Promise<Difference[]> {
  const treeOf = async (commit: string) => (await objects.readCommit(commit)).tree;
  return treeDifference(objects, old && (await treeOf(old)), await treeOf(next));
}

async function checkOut(
  checkout: Checkout,
  repository: Repository,
  ref: string,
  next: string,
  files: { path: string }[],
): Promise<void> {
  refuseUnderWay(checkout);
  const { status, stderr } = await gitIn(checkout.worktree, ['merge', '--ff-only', '--quiet', next]);
  if (status === 0 && readRef(repository, ref) === next)
    return syncFiles([
      ...files.map(({ path }) => join(checkout.worktree, path)),
      join(checkout.gitdir, 'index'),
    ]);
  const [first = ''] = stderr.trim().split('\n');
  if (SYSTEM_TROUBLE.test(stderr)) {
    throw new VportsError(
      'CANNOT_WRITE',
      `git cannot write to ${checkout.worktree}: ${first.slice(0, 300)}`,
      {
        hint: 'fix it and retry',
        details: { path: checkout.worktree, stderr: stderr.slice(0, 1_000) },
      },
    );
  }
  throw new VportsError('CONFLICT', first.slice(0, 300));
}

function cannotFollow({ worktree }: Checkout, why: string): VportsError {
  return new VportsError('CONFLICT', `${worktree} cannot follow the remote: ${why}`, {
    hint: 'commit or stash your changes there, then retry',
    details: { path: worktree },
  });
}
