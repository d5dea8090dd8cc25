import { VportsError } from '../../errors.js';
import { withoutSecrets } from './remote-url.js';

/** A push that the remote has not taken because its branch has moved. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/** A push that was answered with no: the branch has moved, or the remote does not take it (PUSH_REJECTED). */
export function refused(url: string, reason: string, said: string[]): Error {
  const moved =
    /fetch first|non-fast-forward|not-fast-forward|stale info|cannot lock ref|failed to update ref|reference already exists|incorrect old value/;
  if (moved.test(reason)) return new RemoteMoved(reason);
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
