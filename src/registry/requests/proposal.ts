import { oneLine } from '../../control-characters.js';
import type { Proposal } from '../../forge/index.js';
import { subjectBy } from '../../log/append/index.js';
import { branchName, branchRef, openRepository, readRef } from '../../log/git/index.js';
import { reviewMarkdown, reviewTitle } from '../../review/summary.js';
import type { Logs } from '../state/logs.js';
import { changesNothing, type Review, review } from '../verbs/read/review.js';

/** What a request for a branch of this machine says, and the review that it says it from. */
export async function proposalFor(
  logs: Logs,
  branch: string,
): Promise<{ proposal: Proposal; reviewed: Review; isEmpty: boolean }> {
  const { shared } = logs.remote()!;
  const { policy } = await (await logs.registry()).reader.state();
  const repository = openRepository(logs.place.path);
  const reviewed = await review(repository, { base: shared, head: branchRef(branch) });
  const isAboutPorts = reviewed.changes.length + reviewed.policy.length > 0;
  const proposal = {
    branch,
    base: branchName(shared),
    title: isAboutPorts ? subjectBy(policy, reviewTitle(reviewed)) : await subjectOf(logs, branch),
    text: reviewMarkdown(reviewed),
    draft: logs.requests.draft === true,
  };
  return { proposal, reviewed, isEmpty: changesNothing(reviewed) };
}

/** Of its last commit: a branch may be about other files than events and the policy, such as CODEOWNERS. */
async function subjectOf(logs: Logs, branch: string): Promise<string> {
  const head = readRef(openRepository(logs.place.path), branchRef(branch));
  const { message } = await (await logs.registry()).reader.commit(head!);
  return oneLine(message.split('\n', 1)[0]!).slice(0, 150);
}
