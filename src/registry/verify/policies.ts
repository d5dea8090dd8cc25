import type { PortEvent } from '../../../events/event.js';
import { formatPort } from '../../../events/port.js';
import { allDone } from '../../all-done.js';
import { noneIfRefused } from '../../attempt.js';
import { VportsError, type Warning } from '../../errors.js';
import type { Audit } from '../../log/inspect/index.js';
import { isReserved, type Policy, rangeOf } from '../../policy/policy.js';
import { heldOutside, strandedLine } from '../../review/policy-changes.js';
import { type CheckedLog, type Problem, policyViolation } from '../../review/rules.js';
import type { Findings } from './findings.js';

/** The policy after the merge: the head's if the branch changed it, else the base's. A string describes a fault. */
export async function mergedPolicy(
  audit: Audit,
  at: string,
  from: string,
  mergeBases: string[],
): Promise<Policy | string> {
  const [head, base, ...before] = await allDone(
    [at, from, ...mergeBases].map((commit) => audit.text(commit, 'policy.json')),
  );
  const isOurs = base === undefined || before.some((text) => text !== head);
  try {
    return await audit.policy(isOurs ? at : from);
  } catch (error) {
    if (error instanceof VportsError) return error.message;
    throw error;
  }
}

/**
 * Checks grants against the policy of their own commit, so that a policy that shrinks later does not invalidate older events. `before`:
 * all earlier policies.
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
  // If all policies agree, the commit need not be looked up: commits are many, policies few.
  const [found, asked]: [Problem[], string[]] = [[], []];
  for (const path of known) {
    const event = log.events.get(path)!;
    const wrong = wrongRange(policies, event);
    if (wrong !== undefined) {
      found.push({ code: 'OUT_OF_RANGE', path, message: wrong });
      continue;
    }
    const problem = policyViolation(now, event);
    if (before.some((it) => policyViolation(it, event)?.code !== problem?.code)) asked.push(path);
    else if (problem) found.push({ ...problem, path });
  }
  const commits = await audit.commitsOf(head, asked);
  const policyOf = new Map<string, Policy>();
  for (const path of asked) {
    const commit = commits.get(path) ?? head;
    if (!policyOf.has(commit)) policyOf.set(commit, await audit.policy(commit).catch(() => now));
    const problem = policyViolation(policyOf.get(commit)!, log.events.get(path)!);
    if (problem) found.push({ ...problem, path });
  }
  return found;
}

/** A range may have been renamed, so all policies are tried. */
function wrongRange(policies: Policy[], event: PortEvent): string | undefined {
  const range = 'range' in event ? event.range : undefined;
  if (range === undefined || policies.some((it) => rangeOf(it, event.port)?.id === range)) return undefined;
  return `names the range ${JSON.stringify(range)}, but no policy ever had ${formatPort(event)} in it`;
}

/** Held ports that only an earlier policy allowed. */
export async function policyWarnings(
  audit: Audit,
  head: string,
  { holdings, events }: CheckedLog,
  problems: Problem[],
): Promise<Warning[]> {
  const policy = await policyOrNone(audit, head);
  if (!policy) return [];
  const reported = new Set(problems.map(({ path }) => events.get(path)?.id));
  const held = holdings.filter(({ event }) => !reported.has(event));
  return heldOutside(policy, held).map((it) => ({
    code: isReserved(policy, it.port) ? 'RESERVED' : 'OUT_OF_RANGE',
    message: `${strandedLine(it)}: \`vports reassign ${it.resource} --port ${it.name}\` moves it inside`,
  }));
}

/** Undefined if unreadable, which is reported separately. */
export async function policyOrNone(audit: Audit, commit: string): Promise<Policy | undefined> {
  return audit.policy(commit).catch(noneIfRefused);
}

/** Signatures include the registry id, so it must never change once set. */
export async function lookAtRegistryId(
  audit: Audit,
  { at, before }: { at: string; before: string | undefined },
  { problems }: Findings,
): Promise<void> {
  const after = await policyOrNone(audit, at);
  if (before === undefined || after === undefined || after.id === before) return;
  const message = `the registry id changed from ${before} to ${after.id ?? 'none'}; this would invalidate all signatures`;
  problems.push({ code: 'BAD_POLICY', path: 'policy.json', message });
}
