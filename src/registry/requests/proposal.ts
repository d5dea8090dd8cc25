import type { Proposal } from '../../forge/index.js';
import { subjectBy } from '../../log/append/index.js';
import { branchName, branchRef, openRepository } from '../../log/git/index.js';
import { reviewMarkdown, reviewTitle } from '../../review/summary.js';
import type { Logs } from '../state/logs.js';
import { type Review, review } from '../verbs/read/review.js';

/** What a request for a branch of this machine says, and the review that it says it from. */
export async function proposalFor(
  logs: Logs,
  branch: string,
): Promise<{ proposal: Proposal; reviewed: Review; isEmpty: boolean }> {
  const { shared } = logs.remote()!;
  const { policy } = await (await logs.registry()).reader.state();
  const reviewed = await review(openRepository(logs.place.path), { base: shared, head: branchRef(branch) });
  const proposal = {
    branch,
    base: branchName(shared),
    title: subjectBy(policy, reviewTitle(reviewed)),
    text: reviewMarkdown(reviewed),
    draft: logs.requests.draft === true,
  };
  return { proposal, reviewed, isEmpty: reviewed.changes.length + reviewed.policy.length === 0 };
}
