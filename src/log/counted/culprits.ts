import { EVENTS } from '../../../events/event-path.js';
import { git } from '../git/program/git-program.js';
import { parseRawDiff } from '../git/program/raw-diff.js';
import type { JudgedBranch, Judgement, Step } from './judgement.js';
import { sharedParentOf } from './shared-parent.js';

/** Names the commits behind changes that merges brought: the person who merged did not make them. */
export async function withCulprits(branch: JudgedBranch, judgement: Judgement): Promise<Judgement> {
  for (const [path, { first, trail }] of judgement.edited) {
    for (const step of trail) {
      if (step.by !== undefined || step.to?.oid === first.oid) continue;
      step.by = await culpritOf(branch, path, step);
    }
  }
  return judgement;
}

async function culpritOf(
  { repository, objects, ref }: JudgedBranch,
  path: string,
  { commit, to }: Step,
): Promise<string> {
  const it = await objects.readCommit(commit);
  if (it.parents.length < 2) return commit;
  const shared = it.parents[sharedParentOf(it, ref)]!;
  const options = [
    '--no-merges',
    '--full-history',
    '--no-renames',
    '--raw',
    '--no-abbrev',
    '-z',
    '--format=%H',
  ];
  const places = [...new Set([repository.prefix + path, path])];
  const output = await git(
    ['--literal-pathspecs', 'log', ...options, '--diff-filter=DMT', commit, `^${shared}`, '--', ...places],
    { commondir: repository.commondir },
  );
  // A commit's own line ends like its files, and an empty line may follow.
  const changes = parseRawDiff((output?.toString('utf8') ?? '').replaceAll('\0\n:', '\0:'));
  const found = changes.find(({ after, path: at }) => at.includes(EVENTS) && after === to?.oid);
  return found ? found.commit.slice(-40) : commit;
}
