import { badUsage, VportsError } from '../../errors.js';
import { type Repository, readRef } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { sharedBranchOf } from '../../log/remote/index.js';
import type { Problem } from '../../review/rules.js';
import type { Verified } from './findings.js';
import { verify } from './verify.js';

const NO_COMMIT = /^0+$/;

/** A ref as a push moves it: `OLD NEW REF` (githooks(5), pre-receive). */
interface Move {
  old: string | undefined;
  next: string | undefined;
  ref: string;
}

/**
 * Whether a push, as git hands it to its pre-receive hook, may go on: what it adds to the branch that all share keeps the rules and
 * changes nothing; that branch is neither deleted nor rewound. Other branches are their authors'. Throws BAD_USAGE for other lines, and
 * BAD_REVISION where HEAD names no branch that is there: nothing would be checked.
 */
export async function verifyPush(repository: Repository, lines: string, now?: number): Promise<Verified> {
  const shared = sharedBranchOf(repository);
  const move = movesIn(lines).find(({ ref }) => ref === shared);
  if (!move && (shared === undefined || readRef(repository, shared) === undefined)) throw noShared(shared);
  if (!move) return { ok: true, checked: { events: 0, streams: 0, commits: 0 }, problems: [], warnings: [] };
  const { old, next } = move;
  if (next === undefined) return refused('deletes the branch that all share');
  if (old === undefined) return verify(repository, { head: next, now });
  const bases = await Audit.of(repository, (audit) => audit.mergeBases(old, next));
  if (!bases.includes(old))
    return refused(`takes ${old.slice(0, 10)} and what came before it from the branch that all share`);
  return verify(repository, { base: old, head: next, now });
}

function movesIn(lines: string): Move[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, old, next, ref] = /^([0-9a-f]{40}) ([0-9a-f]{40}) (refs\/\S+)$/.exec(line) ?? [];
      if (old === undefined || next === undefined || ref === undefined) throw notFromGit(line);
      const commit = (oid: string) => (NO_COMMIT.test(oid) ? undefined : oid);
      return { old: commit(old), next: commit(next), ref };
    });
}

function refused(message: string): Verified {
  const problem: Problem = { code: 'HISTORY_REWRITTEN', path: '.', message };
  return { ok: false, checked: { events: 0, streams: 0, commits: 0 }, problems: [problem], warnings: [] };
}

function noShared(shared = 'no branch'): VportsError {
  return new VportsError(
    'BAD_REVISION',
    `HEAD of this repository is ${shared}, which does not exist, so no push would be checked`,
    { hint: 'on the host: `git symbolic-ref HEAD refs/heads/main`' },
  );
}

function notFromGit(line: string): VportsError {
  return badUsage(
    `${JSON.stringify(line.slice(0, 200))} is no line that git hands a hook`,
    'git calls it: `exec vports verify --hook pre-receive --registry .` in hooks/pre-receive',
  );
}
