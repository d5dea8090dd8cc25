import type { Audit } from '../../log/inspect/index.js';
import { claimedTimes } from '../../review/claimed-times.js';
import { isSameIdentity, mailmapOf } from '../../review/mailmap.js';
import { type Problem, policyViolation } from '../../review/rules.js';
import { type Added, asWarning, type Findings } from './findings.js';
import { mergedPolicy, policyProblems } from './policies.js';

/** Checks policy, author and clock of new events. */
export async function lookAtNewEvents(
  audit: Audit,
  { at, from, mergeBases, log, added, commits, now }: Added & { now: number },
  { problems, warnings }: Findings,
): Promise<void> {
  const abouts = new Map<string, Awaited<ReturnType<Audit['about']>>>();
  for (const commit of new Set(commits.values())) abouts.set(commit, await audit.about(commit));
  const merged = await mergedPolicy(audit, at, from, mergeBases);
  if (typeof merged === 'string') problems.push({ code: 'BAD_POLICY', path: 'policy.json', message: merged });
  else {
    for (const path of added) {
      const event = log.events.get(path);
      const problem = event && policyViolation(merged, event);
      if (problem) problems.push({ ...problem, path });
    }
  }
  problems.push(...(await policyProblems(audit, at, log, added, await audit.policiesBefore(at))));

  const committed = new Map([...commits].map(([path, commit]) => [path, abouts.get(commit)!.time * 1000]));
  for (const it of claimedTimes(log.events, added, now, committed)) {
    if (it.isForced) warnings.push(asWarning(it));
    else problems.push({ code: it.code, path: it.path, message: it.message });
  }

  const identityOf = mailmapOf((await audit.textFromRoot(from, '.mailmap')) ?? '');
  for (const path of added) {
    const by = log.events.get(path)?.by;
    const commit = commits.get(path);
    if (!by || commit === undefined) continue;
    const { author, coauthors } = abouts.get(commit)!;
    const says = identityOf(by);
    if (isSameIdentity(says, identityOf(author))) continue;
    const problem: Problem = {
      code: 'AUTHOR_MISMATCH',
      path,
      message: `names ${by.name} <${by.email}> as author, but ${commit.slice(0, 10)} is by ${author.name} <${author.email}>; for one person with two addresses, add a .mailmap on the base`,
    };
    // A squash has one author; hosts list the others as co-authors.
    if (coauthors.some((it) => isSameIdentity(identityOf(it), says))) warnings.push(asWarning(problem));
    else problems.push(problem);
  }
}
