import { VportsError } from '../../errors.js';
import { branchName } from '../git/ref-name.js';
import { withoutSecrets, withoutSecretsIn } from './remote-url.js';

/** The remote's branch has moved since this push was decided: somebody else was faster. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/** The remote cannot move the branch, because of a lock or another reason in `reply`: somebody is active there, or a lock was left. */
export class LockedThere extends Error {
  override readonly name = 'LockedThere';

  constructor(
    readonly lock: string | undefined,
    readonly reply: string,
  ) {
    super(reply);
  }
}

/** A git lock in the transport's own directory: of a running or a killed git. */
export class LockedHere extends Error {
  override readonly name = 'LockedHere';

  constructor(readonly lock: string) {
    super(`${lock} exists`);
  }
}

export function lockIn(stderr: string): string | undefined {
  return /Unable to create '([^'\n]+\.lock)': File exists/.exec(stderr)?.[1];
}

/** git's messages if somebody else has moved the branch. */
const MOVED =
  /fetch first|non-fast-forward|not-fast-forward|stale info|reference already exists|incorrect old value|but expected [0-9a-f]{40}/;
/** refs/files-backend.c: a branch `a` conflicts with a branch `a/b`. */
const NAME_TAKEN = /'refs\/heads\/([^'\n]+)' exists; cannot create/;
const NOT_WRITTEN = /cannot lock ref|failed to update ref|unable to (create|write)/i;

/** Classifies a rejected push. `said` are the messages of remote and git. */
export function refusedPush(
  url: string,
  ref: string,
  { reason, said = [], stderr = '' }: { reason: string; said?: string[]; stderr?: string },
): Error {
  const reply = withoutSecretsIn([reason, ...said].join('; ')).slice(0, 500);
  const all = `${reply}\n${stderr}`;
  const lock = lockIn(all);
  const other = NAME_TAKEN.exec(all)?.[1];
  if (other !== undefined) return nameTaken(url, ref, other);
  if (lock !== undefined) return new LockedThere(lock, reply);
  if (MOVED.test(all)) return new RemoteMoved(reply);
  if (NOT_WRITTEN.test(reason)) return new LockedThere(undefined, reply);
  return new VportsError('PUSH_REJECTED', `${withoutSecrets(url)} rejected the push: ${reply}`, {
    hint: 'if the branch may only change by pull request: --branch NAME commits to another branch, and `vports policy set changes pull-request --branch NAME` makes that the rule',
    details: { remote: withoutSecrets(url), reason },
  });
}

/** git stores a branch as a file, and `a/b` in a folder `a`. */
function nameTaken(url: string, ref: string, other: string): VportsError {
  const branch = branchName(ref);
  return new VportsError(
    'CONFLICT',
    `cannot create branch ${branch}: ${withoutSecrets(url)} has a branch ${other}`,
    {
      hint: 'choose another name with --branch, or delete the other branch at the host',
      details: { branch, other, remote: withoutSecrets(url) },
    },
  );
}

/** The error for a remote ref that stayed locked longer than any push takes. */
export function remoteLockError(url: string, { lock, reply }: LockedThere): VportsError {
  const remote = withoutSecrets(url);
  const what = lock === undefined ? `${reply}` : `a stale lock, ${lock}, blocks it`;
  const hint =
    lock === undefined
      ? `ask the administrator of ${remote}`
      : `ask the administrator of ${remote} to remove that file, which a killed git process left`;
  return new VportsError('REMOTE_UNREACHABLE', `${remote} cannot take the push: ${what}`, {
    hint,
    details: { remote, ...(lock !== undefined && { lock }) },
  });
}

export function linesOf(stderr: string): string[] {
  return stderr.split('\n').map((line) => line.trim());
}

/** git's reason why a remote is unreachable, without its generic lines. */
export function reasonIn(stderr: string): string {
  const why = linesOf(stderr).filter(
    (line) => line && !/^(fatal: Could not read from|Please make sure|and the repository)/.test(line),
  );
  return why.join('; ') || 'git gives no reason';
}

export function unreachable(
  url: string,
  why: string,
  hint = 'leases need no network (--ttl, exec); --branch NAME commits now, to be pushed later with `vports sync`',
): VportsError {
  const reason = withoutSecretsIn(why).slice(0, 500);
  return new VportsError('REMOTE_UNREACHABLE', `${withoutSecrets(url)} cannot be reached: ${reason}`, {
    hint,
    details: { remote: withoutSecrets(url) },
  });
}
