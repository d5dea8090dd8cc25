import type { PortEvent } from '../../../events/event.js';
import { formatPort } from '../../../events/port.js';
import { allDone } from '../../all-done.js';
import { VportsError, type Warning } from '../../errors.js';
import type { Audit } from '../../log/inspect/index.js';
import { isReserved, type Policy, rangeOf } from '../../policy/policy.js';
import { claimedTimes } from '../../review/claimed-times.js';
import { isSameIdentity, mailmapOf } from '../../review/mailmap.js';
import { heldOutside, strandedLine } from '../../review/policy-changes.js';
import { against, type CheckedLog, type Problem } from '../../review/rules.js';
import { asWarning, type Findings } from './verdict.js';

/** New events against the policies, against who committed them, and against the clock. */
export async function lookAtNewEvents(
  audit: Audit,
  {
    at,
    from,
    bases,
    log,
    added,
    commits,
    now,
  }: {
    at: string;
    from: string;
    bases: string[];
    log: CheckedLog;
    added: string[];
    commits: Map<string, string>;
    now: number;
  },
  { problems, warnings }: Findings,
): Promise<void> {
  const abouts = new Map<string, Awaited<ReturnType<Audit['about']>>>();
  for (const commit of new Set(commits.values())) abouts.set(commit, await audit.about(commit));
  const merged = await mergedPolicy(audit, at, from, bases);
  if (typeof merged === 'string') problems.push({ code: 'BAD_POLICY', path: 'policy.json', message: merged });
  else {
    for (const path of added) {
      const event = log.events.get(path);
      const problem = event && against(merged, event);
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
      message: `says it is by ${by.name} <${by.email}>, and ${commit.slice(0, 10)} is by ${author.name} <${author.email}>; a .mailmap on the base makes one of two addresses`,
    };
    // A squash of what several people did has one author, and hosts name the others.
    if (coauthors.some((it) => isSameIdentity(identityOf(it), says))) warnings.push(asWarning(problem));
    else problems.push(problem);
  }
}

/** The policy that the merge leaves: the head's where the branch changed it, else the base's. In words, what is wrong with it. */
async function mergedPolicy(
  audit: Audit,
  at: string,
  from: string,
  bases: string[],
): Promise<Policy | string> {
  const [ours, theirs, ...before] = await allDone(
    [at, from, ...bases].map((commit) => audit.text(commit, 'policy.json')),
  );
  const isOurs = theirs === undefined || before.some((text) => text !== ours);
  try {
    return await audit.policy(isOurs ? at : from);
  } catch (error) {
    if (error instanceof VportsError) return error.message;
    throw error;
  }
}

/**
 * Grants against the policy of the commit that brought them; one that shrinks later makes no older event wrong. `before` are all
 * policies there were.
 */
export async function policyProblems(
  audit: Audit,
  head: string,
  log: CheckedLog,
  paths: string[],
  before: Policy[],
): Promise<Problem[]> {
  let now: Policy;
  try {
    now = await audit.policy(head);
  } catch (error) {
    const isPolicys = error instanceof VportsError && error.code !== 'LOG_DAMAGED';
    if (!isPolicys) throw error;
    return [{ code: 'BAD_POLICY', path: 'policy.json', message: error.message }];
  }
  const known = paths.filter((path) => log.events.has(path));
  const policies = [now, ...before];
  // What every policy there was says alike, its commit need not be asked for: there are thousands of those, and few policies.
  const [found, asked]: [Problem[], string[]] = [[], []];
  for (const path of known) {
    const event = log.events.get(path)!;
    const wrong = wrongRange(policies, event);
    if (wrong !== undefined) {
      found.push({ code: 'OUT_OF_RANGE', path, message: wrong });
      continue;
    }
    const problem = against(now, event);
    if (before.some((it) => against(it, event)?.code !== problem?.code)) asked.push(path);
    else if (problem) found.push({ ...problem, path });
  }
  const commits = await audit.commitsOf(head, asked);
  const policyOf = new Map<string, Policy>();
  for (const path of asked) {
    const commit = commits.get(path) ?? head;
    if (!policyOf.has(commit)) policyOf.set(commit, await audit.policy(commit).catch(() => now));
    const problem = against(policyOf.get(commit)!, log.events.get(path)!);
    if (problem) found.push({ ...problem, path });
  }
  return found;
}

/** What is wrong where an event names a range that its port does not lie in by any policy: one may since have renamed it. */
function wrongRange(policies: Policy[], event: PortEvent): string | undefined {
  const range = 'range' in event ? event.range : undefined;
  if (range === undefined || policies.some((it) => rangeOf(it, event.port)?.id === range)) return undefined;
  return `says that it is of the range ${JSON.stringify(range)}, and no policy there was has ${formatPort(event)} in that`;
}

/** Every commit that brings events is signed, by the very person that these events and the commit say. */
export async function lookAtSignatures(
  audit: Audit,
  from: string,
  log: CheckedLog,
  commits: ReadonlyMap<string, string>,
  { problems }: Findings,
): Promise<void> {
  const signers = await audit.text(from, 'allowed_signers');
  for (const commit of new Set(commits.values())) {
    const say = (wrong: string) => problems.push(signatureProblem(commit, wrong));
    if (signers === undefined) {
      say('the base has no allowed_signers');
      continue;
    }
    const signed = await audit.signedBy(commit, signers);
    if ('problem' in signed) {
      say(signed.problem);
      continue;
    }
    const { author } = await audit.about(commit);
    const own = [...commits].filter(([, it]) => it === commit).map(([path]) => path);
    const said = [author.email, ...own.flatMap((path) => log.events.get(path)?.by.email ?? [])];
    const other = said.find((email) => !isOneOf(signed.principals, email));
    if (other !== undefined) say(`it is signed by ${signed.principals}, and says that it is by ${other}`);
  }
}

/** Whoever changes who may sign has to be one of them. */
export async function lookAtSigners(
  audit: Audit,
  { at, from }: { at: string; from: string },
  { problems, warnings }: Findings,
): Promise<void> {
  const changes = await audit.commitsThatChange(at, from, 'allowed_signers');
  if (changes.length === 0) return;
  const signers = await audit.text(from, 'allowed_signers');
  if (signers === undefined) {
    const message = 'allowed_signers is new: from now on it says who may sign';
    warnings.push({ code: 'OTHER_FILE', message });
    return;
  }
  for (const commit of changes) {
    const signed = await audit.signedBy(commit, signers);
    if ('principals' in signed) continue;
    const { code } = signatureProblem(commit, signed.problem);
    const message = `the commit ${commit.slice(0, 10)} changes who may sign, and is not signed by any of those who may: ${signed.problem}`;
    problems.push({ code, path: 'allowed_signers', message });
  }
}

function signatureProblem(commit: string, wrong: string): Problem {
  const isMissing = /no signature|not signed/i.test(wrong);
  return {
    code: isMissing ? 'NOT_SIGNED' : 'BAD_SIGNATURE',
    path: '.',
    message: `the commit ${commit.slice(0, 10)}: ${wrong}`,
  };
}

/** Whether an address is one that a list of patterns names, as ssh-keygen(1) has them: `*`, `?` and `!`. In any case. */
function isOneOf(principals: string, email: string): boolean {
  const patterns = principals.split(',').map((it) => it.trim().replace(/^"(.*)"$/, '$1'));
  const matches = (pattern: string) => {
    const parts = pattern.split(/([*?])/).map((it) => {
      if (it === '*') return '.*';
      return it === '?' ? '.' : it.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
    });
    return new RegExp(`^${parts.join('')}$`, 'is').test(email);
  };
  const isExcluded = patterns.some((it) => it.startsWith('!') && matches(it.slice(1)));
  return !isExcluded && patterns.some((it) => !it.startsWith('!') && matches(it));
}

/** Held ports that the policy of now has no place for, though that of their commit had: they stay, and somebody has to know. */
export async function policyWarnings(
  audit: Audit,
  head: string,
  { holdings, events }: CheckedLog,
  problems: Problem[],
): Promise<Warning[]> {
  const told = new Set(problems.map(({ path }) => events.get(path)?.id));
  try {
    const policy = await audit.policy(head);
    const held = holdings.filter(({ event }) => !told.has(event));
    return heldOutside(policy, held).map((it) => ({
      code: isReserved(policy, it.port) ? 'RESERVED' : 'OUT_OF_RANGE',
      message: `${strandedLine(it)}: \`vports reassign ${it.resource} --port ${it.name}\` gives it a port inside`,
    }));
  } catch (error) {
    // What is wrong with the policy is among the problems.
    if (error instanceof VportsError) return [];
    throw error;
  }
}
