import { VportsError } from '../../errors.js';
import { withoutSecrets } from './remote-url.js';

/** A push that the remote has not taken because its branch has moved. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';

  /** `lock` is a file at the remote that stands in the way: of one who is faster, or of nobody any more. */
  constructor(
    reason: string,
    readonly lock?: string | undefined,
  ) {
    super(reason);
  }
}

/** The lock file that git names as the reason why it could not write. */
export function lockIn(stderr: string): string | undefined {
  return /Unable to create '([^'\n]+\.lock)': File exists/.exec(stderr)?.[1];
}

/** The branch is locked at the remote, and does not move. */
export function lockedThere(url: string, lock: string): VportsError {
  const remote = withoutSecrets(url);
  return new VportsError(
    'REMOTE_UNREACHABLE',
    `${remote} does not take the push: ${lock} is in the way there`,
    {
      hint: `a git that was killed has left it: whoever runs ${remote} removes that file if no git is at work there`,
      details: { remote, lock },
    },
  );
}

/** A push that was answered with no: the branch has moved, or the remote does not take it (PUSH_REJECTED). */
export function refused(url: string, reason: string, said: string[], lock?: string | undefined): Error {
  const moved =
    /fetch first|non-fast-forward|not-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value/;
  if (moved.test(reason)) return new RemoteMoved(reason, lock);
  return new VportsError(
    'PUSH_REJECTED',
    `${withoutSecrets(url)} rejected the push: ${[reason, ...said].join('; ').slice(0, 500)}`,
    {
      hint: 'a branch that may only change by pull request: --branch NAME commits to another one',
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
