import { VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import type { Transport } from '../../world/index.js';
import { isAncestor } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import { branchName } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import { placeOf, type Repository } from '../git/repository.js';
import { FETCHED } from '../remote/branch-heads.js';
import { fastForward } from '../remote/fast-forward.js';
import type { FetchedRefs } from '../remote/fetched-refs.js';
import { rewritten } from '../remote/history-rewritten.js';
import { withoutSecrets } from '../remote/remote-url.js';
import { keepSeenHead, seenHead } from './seen-head.js';

/** The branch that all share, here and at its remote. */
export interface SharedBranch {
  repository: Repository;
  objects: Objects;
  ref: string;
  transport: Transport;
  fetched: FetchedRefs;
}

/**
 * Brings the shared branch to a head of the remote's. Only the writer of this machine may call it. Throws HISTORY_REWRITTEN for a
 * head that does not have all that was seen before, CONFLICT where the branch has commits here that the remote has not.
 */
export async function follow(
  { repository, objects, ref, transport }: SharedBranch,
  head: string,
): Promise<void> {
  const seen = seenHead(repository) ?? trackedByGit(repository, ref);
  const reaches = (ancestor: string) => isAncestor(repository, objects, ancestor, head);
  if (seen !== undefined && !(await reaches(seen)))
    throw await rewritten(repository, objects, withoutSecrets(transport.url), seen, head);
  const old = readRef(repository, ref);
  if (old !== undefined && old !== seen && !(await reaches(old)))
    throw ownCommits(repository, ref, transport);
  if (old !== head) await fastForward(repository, ref, old, head);
  await keepSeenHead(repository, head);
}

/** In a clone that a person has made: where git itself saw the remote's branch last. */
function trackedByGit(repository: Repository, ref: string): string | undefined {
  return readRef(repository, ref.replace('refs/heads/', FETCHED));
}

function ownCommits(repository: Repository, ref: string, transport: Transport): VportsError {
  const branch = branchName(ref);
  const place = placeOf(repository);
  return new VportsError(
    'CONFLICT',
    `${branch} in ${place} has commits that ${withoutSecrets(transport.url)} does not have`,
    {
      hint: `push them with git (\`git -C ${shellWord(place)} pull --rebase && git -C ${shellWord(place)} push\`), or move them to another branch`,
      details: { branch, path: place },
    },
  );
}

/** The refusal of a remote that no longer has the branch: it was deleted, or renamed. */
export async function branchGone({
  repository,
  objects,
  ref,
  transport,
  fetched,
}: SharedBranch): Promise<VportsError> {
  const branch = branchName(ref);
  const remote = withoutSecrets(transport.url);
  const seen = seenHead(repository) ?? readRef(repository, ref);
  const now = await transport.defaultBranch().catch(() => undefined);
  const there = now === undefined ? undefined : fetched.at(now);
  const isRenamed =
    now !== undefined &&
    there !== undefined &&
    seen !== undefined &&
    (await isAncestor(repository, objects, seen, there));
  if (isRenamed) return renamed(repository, { branch, now: branchName(now), remote });
  return new VportsError('HISTORY_REWRITTEN', `${remote} no longer has the branch ${branch}`, {
    hint: `somebody deleted it; \`git push ${shellWord(remote)} ${shellWord(`${seen?.slice(0, 10)}:${ref}`)}\` from ${repository.commondir} brings it back`,
    details: { ref },
  });
}

/** All that was seen is on the branch that the remote now calls its own: who pushed the old one would part the registry in two. */
function renamed(
  { commondir, worktree }: Repository,
  { branch, now, remote }: { branch: string; now: string; remote: string },
): VportsError {
  const rename = `branch -m ${shellWord(branch)} ${shellWord(now)}`;
  const hint =
    worktree === null
      ? `\`git --git-dir=${shellWord(commondir)} ${rename}\` follows`
      : `in ${worktree}: \`git fetch origin && git ${rename} && git branch -u origin/${now} && git remote set-head origin -a\` follows`;
  return new VportsError('HISTORY_REWRITTEN', `${remote} renamed its branch ${branch} to ${now}`, {
    hint,
    details: { ref: `refs/heads/${branch}`, now },
  });
}
