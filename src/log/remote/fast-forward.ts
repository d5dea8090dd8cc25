import { VportsError } from '../../errors.js';
import { gitIn } from '../git/program/git-program.js';
import { SYSTEM_TROUBLE } from '../git/program/system-trouble.js';
import { NO_OID, RefUpdate, readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { checkoutOf, refuseUnderWay } from '../git/worktrees.js';

/**
 * Moves a branch forward to a commit that is on top of it. Where it is checked out, git moves index and files along and
 * leaves alone what the user has changed. Throws CONFLICT where those changes stand in the way.
 */
export async function fastForward(
  repository: Repository,
  ref: string,
  old: string | undefined,
  next: string,
): Promise<void> {
  const checkout = checkoutOf(repository, ref);
  if (!checkout) {
    const who = `vports <vports> ${Math.floor(Date.now() / 1000)} +0000`;
    (await RefUpdate.begin(repository, ref, old, next)).finish(
      `${old ?? NO_OID} ${next} ${who}\tvports: follow the remote\n`,
    );
    return;
  }
  refuseUnderWay(checkout);
  const { status, stderr } = await gitIn(checkout.worktree, ['merge', '--ff-only', '--quiet', next]);
  if (status === 0 && readRef(repository, ref) === next) return;
  const [first = ''] = stderr.trim().split('\n');
  if (SYSTEM_TROUBLE.test(stderr)) {
    throw new VportsError(
      'CANNOT_WRITE',
      `git cannot write to ${checkout.worktree}: ${first.slice(0, 300)}`,
      {
        hint: 'mend that and try again',
        details: { path: checkout.worktree, stderr: stderr.slice(0, 1_000) },
      },
    );
  }
  throw new VportsError('CONFLICT', `${checkout.worktree} cannot follow the remote: ${first.slice(0, 300)}`, {
    hint: 'commit or stash what you have changed there, then try again',
    details: { path: checkout.worktree, stderr: stderr.slice(0, 1_000) },
  });
}
