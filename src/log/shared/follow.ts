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

export interface SharedBranch {
  repository: Repository;
  objects: Objects;
  ref: string;
  transport: Transport;
  fetched: FetchedRefs;
}

/**
 * Moves the shared branch to a head of the remote. Requires the writer lock. Throws HISTORY_REWRITTEN for a head without all that was
 * seen before, CONFLICT if the local branch has commits that the remote lacks.
 */
export async function follow(
  { repository, objects, ref, transport }: SharedBranch,
  head: string,
): Promise<void> {
  // In a user's own clone: the remote's branch as last seen by git.
  const seen = seenHead(repository) ?? readRef(repository, ref.replace('refs/heads/', FETCHED));
  const reaches = (ancestor: string) => isAncestor(objects, ancestor, head);
  if (seen !== undefined && !(await reaches(seen)))
    throw await rewritten(repository, objects, withoutSecrets(transport.url), seen, head);
  const old = readRef(repository, ref);
  if (old !== undefined && old !== seen && !(await reaches(old)))
    throw ownCommits(repository, ref, transport);
  if (old !== head) await fastForward(repository, ref, old, head);
  await keepSeenHead(repository, head);
}

function ownCommits(repository: Repository, ref: string, transport: Transport): VportsError {
  const branch = branchName(ref);
  const place = placeOf(repository);
  return new VportsError(
    'CONFLICT',
    `${branch} in ${place} has commits that ${withoutSecrets(transport.url)} lacks`,
    {
      hint: `push them with git (\`git -C ${shellWord(place)} pull --rebase && git -C ${shellWord(place)} push\`), or move them to another branch`,
      details: { branch, path: place },
    },
  );
}

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
    (await isAncestor(objects, seen, there));
  if (isRenamed) return renamed(repository, { branch, now: branchName(now), remote });
  return new VportsError('HISTORY_REWRITTEN', `${remote} no longer has branch ${branch}`, {
    hint: `somebody deleted it; \`git push ${shellWord(remote)} ${shellWord(`${seen?.slice(0, 10)}:${ref}`)}\` from ${repository.commondir} restores it`,
    details: { ref },
  });
}

/** The renamed branch has everything that was seen: a push to the old name would split the registry. */
function renamed(
  { commondir, worktree }: Repository,
  { branch, now, remote }: { branch: string; now: string; remote: string },
): VportsError {
  const rename = `branch -m ${shellWord(branch)} ${shellWord(now)}`;
  const hint =
    worktree === null
      ? `\`git --git-dir=${shellWord(commondir)} ${rename}\` renames it here too`
      : `in ${worktree}: \`git fetch origin && git ${rename} && git branch -u origin/${now} && git remote set-head origin -a\` renames it here too`;
  return new VportsError('HISTORY_REWRITTEN', `${remote} renamed its branch ${branch} to ${now}`, {
    hint,
    details: { ref: `refs/heads/${branch}`, now },
  });
}
