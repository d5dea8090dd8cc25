import { VportsError } from '../../errors.js';
import { withoutSecrets } from './remote-url.js';

/** A push that the remote has not taken because its branch has moved. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';

  /**
   * `obstacle` is what stands in the way at the remote where that need not be somebody who is faster: a lock file, or that the ref could
   * not be written.
   */
  constructor(
    reason: string,
    readonly obstacle?: { lock?: string | undefined; told: string } | undefined,
  ) {
    super(reason);
  }
}

/** The lock file that git names as the reason why it could not write. */
export function lockIn(stderr: string): string | undefined {
  return /Unable to create '([^'\n]+\.lock)': File exists/.exec(stderr)?.[1];
}

/** The branch cannot be written at the remote, and does not move. */
export function stuckThere(
  url: string,
  { lock, told }: { lock?: string | undefined; told: string },
): VportsError {
  const remote = withoutSecrets(url);
  const what = lock === undefined ? `it says: ${told}` : `${lock} is in the way there`;
  const hint =
    lock === undefined
      ? `whoever runs ${remote} sees to it`
      : `a git that was killed has left it: whoever runs ${remote} removes that file if no git is at work there`;
  return new VportsError('REMOTE_UNREACHABLE', `${remote} does not take the push: ${what}`, {
    hint,
    details: { remote, ...(lock !== undefined && { lock }) },
  });
}

/** A push that was answered with no: the branch has moved, or the remote does not take it (PUSH_REJECTED). */
export function refused(url: string, reason: string, said: string[], lock?: string | undefined): Error {
  const moved =
    /fetch first|non-fast-forward|not-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value/;
  const cannotWrite = /cannot lock ref|failed to update ref/.test(reason);
  const told = [reason, ...said].join('; ').slice(0, 500);
  if (moved.test(reason))
    return new RemoteMoved(reason, lock !== undefined || cannotWrite ? { lock, told } : undefined);
  return new VportsError(
    'PUSH_REJECTED',
    `${withoutSecrets(url)} rejected the push: ${[reason, ...said].join('; ').slice(0, 500)}`,
    {
      hint: 'a branch that may only change by pull request: --branch NAME commits to another one, and `vports policy set changes pull-request --branch NAME` makes that the rule',
      details: { remote: withoutSecrets(url), reason },
    },
  );
}

export function unreachable(
  url: string,
  why: string,
  hint = 'leases need no network (--ttl, exec); --branch NAME commits now, to be pushed later with `vports sync`',
): VportsError {
  const told = why.replaceAll(url, withoutSecrets(url)).slice(0, 500);
  return new VportsError('REMOTE_UNREACHABLE', `${withoutSecrets(url)} cannot be reached: ${told}`, {
    hint,
    details: { remote: withoutSecrets(url) },
  });
}
