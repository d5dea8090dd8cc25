import { VportsError } from '../../errors.js';
import { branchName } from '../git/ref-name.js';
import { withoutSecrets, withoutSecretsIn } from './remote-url.js';

/** The branch of the remote is not where it was when this push was decided: somebody else was faster. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/** A lock file, or whatever else it says, keeps the remote from moving the branch: of somebody at work there, or left behind. */
export class LockedThere extends Error {
  override readonly name = 'LockedThere';

  constructor(
    readonly lock: string | undefined,
    readonly told: string,
  ) {
    super(told);
  }
}

/** A lock file of git's in the transport's own directory: of a git that is at work, or of one that was killed. */
export class LockedHere extends Error {
  override readonly name = 'LockedHere';

  constructor(readonly lock: string) {
    super(`${lock} exists`);
  }
}

/** The lock file that git names as the reason why it could not write. */
export function lockIn(stderr: string): string | undefined {
  return /Unable to create '([^'\n]+\.lock)': File exists/.exec(stderr)?.[1];
}

/** Texts of git, where somebody else has moved the branch in the meantime. */
const MOVED =
  /fetch first|non-fast-forward|not-fast-forward|stale info|reference already exists|incorrect old value|but expected [0-9a-f]{40}/;
/** refs/files-backend.c: a branch `a` cannot be there while there is a branch `a/b`. */
const NAME_TAKEN = /'refs\/heads\/([^'\n]+)' exists; cannot create/;
const NOT_WRITTEN = /cannot lock ref|failed to update ref|unable to (create|write)/i;

/** What a push was answered with that the remote did not take. `said` is all that it and git have said of that. */
export function refusedPush(
  url: string,
  ref: string,
  { reason, said = [], stderr = '' }: { reason: string; said?: string[]; stderr?: string },
): Error {
  const told = withoutSecretsIn([reason, ...said].join('; ')).slice(0, 500);
  const all = `${told}\n${stderr}`;
  const lock = lockIn(all);
  const other = NAME_TAKEN.exec(all)?.[1];
  if (other !== undefined) return nameTaken(url, ref, other);
  if (lock !== undefined) return new LockedThere(lock, told);
  if (MOVED.test(all)) return new RemoteMoved(told);
  if (NOT_WRITTEN.test(reason)) return new LockedThere(undefined, told);
  return new VportsError('PUSH_REJECTED', `${withoutSecrets(url)} rejected the push: ${told}`, {
    hint: 'a branch that may only change by pull request: --branch NAME commits to another one, and `vports policy set changes pull-request --branch NAME` makes that the rule',
    details: { remote: withoutSecrets(url), reason },
  });
}

/** git keeps a branch as a file, and `a/b` as a file in a folder `a`. */
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

/** The branch cannot be written at the remote, and has not moved for longer than any push takes. */
export function stuckThere(url: string, { lock, told }: LockedThere): VportsError {
  const remote = withoutSecrets(url);
  const what = lock === undefined ? `it says: ${told}` : `a stale lock, ${lock}, blocks it`;
  const hint =
    lock === undefined
      ? `ask the administrator of ${remote}`
      : `ask the administrator of ${remote} to remove that file: a git that was killed has left it`;
  return new VportsError('REMOTE_UNREACHABLE', `${remote} cannot take the push: ${what}`, {
    hint,
    details: { remote, ...(lock !== undefined && { lock }) },
  });
}

export function linesOf(stderr: string): string[] {
  return stderr.split('\n').map((line) => line.trim());
}

/** Why git could not reach a remote, without what it says to everybody. */
export function reasonIn(stderr: string): string {
  const why = linesOf(stderr).filter(
    (line) => line && !/^(fatal: Could not read from|Please make sure|and the repository)/.test(line),
  );
  return why.join('; ') || 'git says nothing';
}

export function unreachable(
  url: string,
  why: string,
  hint = 'leases need no network (--ttl, exec); --branch NAME commits now, to be pushed later with `vports sync`',
): VportsError {
  const told = withoutSecretsIn(why).slice(0, 500);
  return new VportsError('REMOTE_UNREACHABLE', `${withoutSecrets(url)} cannot be reached: ${told}`, {
    hint,
    details: { remote: withoutSecrets(url) },
  });
}
