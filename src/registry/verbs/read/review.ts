import type { PortEvent } from '../../../../events/event.js';
import { pathOf } from '../../../../events/event-path.js';
import { labelOf } from '../../../../events/names.js';
import { formatPort } from '../../../../events/port.js';
import { shellWord } from '../../../files/shell-word.js';
import { branchName, headRef, type Repository } from '../../../log/git/index.js';
import { Audit } from '../../../log/inspect/index.js';
import { commandsIn, parseAllowedSigners, verifyCommand } from '../../../log/signatures/index.js';
import type { Verdict } from '../../../log/verdict.js';
import { type Change, changesBetween, type RangeChange, rangeChanges } from '../../../review/changes.js';
import { DECIDES } from '../../../review/deciding-files.js';
import { policyChanges, strandedLine } from '../../../review/policy-changes.js';
import { checkLog, type Problem } from '../../../review/rules.js';
import type { Verified } from '../../verify/findings.js';
import { policyOrNone, verify } from '../../verify/index.js';

export interface Review {
  ok: boolean;
  changes: Change[];
  ranges: RangeChange[];
  policy: string[];
  /** For the reviewer to check: exceptions, old claims, other changed files. */
  notes: string[];
  problems: Problem[];
  warnings: Verified['warnings'];
}

/** A claim dated this much before its commit is reported, in milliseconds. */
const OLD = 7 * 86_400_000;

/**
 * What a branch means for the ports: what it changes of what it left `base` with and `base` has not got since, how full ranges get once it is merged into what
 * `base` is by now, and what breaks a rule. Throws BAD_REVISION.
 */
export async function review(
  repository: Repository,
  { base, head, now = Date.now() }: { base: string; head?: string | undefined; now?: number | undefined },
): Promise<Review> {
  return Audit.of(repository, async (audit) => {
    const [from, to] = [await audit.commit(base), await audit.commit(head)];
    const [fork = from] = await audit.mergeBases(from, to);
    const [atFork, atHead, atBase] = [await audit.oids(fork), await audit.oids(to), await audit.oids(from)];
    const texts = await audit.texts([...atFork.values(), ...atHead.values(), ...atBase.values()]);
    const logOf = (files: Map<string, string>) =>
      checkLog(new Map([...files].map(([path, oid]) => [path, texts.get(oid)!])));
    // Changes already in the base, as after a squash, do not count.
    const landed = [...atHead].filter(([path, oid]) => atBase.get(path) === oid);
    const known = new Map([...atFork, ...landed]);
    const [before, after, theirs] = [logOf(known), logOf(atHead), logOf(atBase)];
    const merged = logOf(
      new Map([...atBase, ...[...atHead].filter(([path]) => atBase.get(path) === atFork.get(path))]),
    );
    const events = new Map([...after.events].filter(([path]) => known.get(path) !== atHead.get(path)));
    const [policy, old] = [await policyOrNone(audit, to), await policyOrNone(audit, fork)];
    const verdicts = await verdictsOn(audit, from, { log: after.events, events });
    const changes = changesBetween(before.holdings, after.holdings, events, verdicts);
    const { problems, warnings } = await verify(repository, { base, head, now });
    const others = warnings.filter(({ code }) => code === 'OTHER_FILE').map(({ message }) => message);
    const deciding = others.filter((it) => it.endsWith(DECIDES));
    const ranges = policy ? rangeChanges({ policy, old }, theirs.holdings, merged.holdings, changes) : [];
    const { lines, stranded } = policy
      ? policyChanges(old, policy, merged.holdings)
      : { lines: [], stranded: [] };
    const isReversed =
      head === undefined && changes.length === 0 && (await audit.countCommits(from, [to])) > 0;
    return {
      ok: problems.length === 0,
      changes,
      ranges,
      policy: [...lines, ...stranded.map(strandedLine)],
      // Files with power over others come first.
      notes: [
        ...(isReversed ? [reversedNote(repository, base)] : []),
        ...deciding,
        ...exceptions(events),
        ...(await oldClaims(audit, to, events)),
        ...others.filter((it) => !deciding.includes(it)),
      ],
      problems,
      warnings,
    };
  });
}

/** A claim that was taken back on its branch has left two events, and no change. */
export function changesNothing({ changes, policy, warnings }: Review): boolean {
  const hasOthers = warnings.some(({ code }) => code === 'OTHER_FILE' || code === 'RESTORED');
  return changes.length + policy.length === 0 && !hasOthers;
}

/** `review BRANCH` asks what the checked-out branch has that BRANCH lacks. */
function reversedNote({ gitdir }: Repository, base: string): string {
  const own = branchName(headRef(gitdir) ?? 'HEAD');
  return `${base} has commits that ${own} lacks; to review those: \`vports review ${shellWord(own)} ${shellWord(base)}\``;
}

/** By the signers of the base, as the check of a branch judges; by id of the event, without those that are not signed. */
async function verdictsOn(
  audit: Audit,
  from: string,
  { log, events }: Record<'log' | 'events', ReadonlyMap<string, PortEvent>>,
): Promise<Map<string, Verdict>> {
  const found = new Map<string, Verdict>();
  if (![...events.values()].some(({ sig, with: others }) => sig ?? others)) return found;
  const registry = (await policyOrNone(audit, from))?.id;
  const signers = parseAllowedSigners((await audit.text(from, 'allowed_signers')) ?? '');
  for (const { first, others } of commandsIn(log).values()) {
    const all = [first, ...others].map(({ event }) => event);
    if (!all.some((it) => events.has(pathOf(it)))) continue;
    const verdict = verifyCommand(registry, { first, others }, signers);
    if (verdict.is !== 'unsigned') for (const { id } of all) found.set(id, verdict);
  }
  return found;
}

function exceptions(events: ReadonlyMap<string, PortEvent>): string[] {
  return [...events.values()].flatMap((event) =>
    'exception' in event && event.exception !== undefined
      ? [
          `${labelOf(event)} gets ${formatPort(event)} as an exception: the port is ${event.exception === 'reserved' ? 'reserved' : 'in no range'}`,
        ]
      : [],
  );
}

async function oldClaims(
  audit: Audit,
  head: string,
  events: ReadonlyMap<string, PortEvent>,
): Promise<string[]> {
  const commits = await audit.commitsOf(head, [...events.keys()]);
  const found: string[] = [];
  for (const [path, event] of events) {
    const commit = commits.get(path);
    const time = commit === undefined ? undefined : (await audit.about(commit)).time * 1000;
    if (time === undefined || time - Date.parse(event.at) < OLD) continue;
    const days = Math.floor((time - Date.parse(event.at)) / 86_400_000);
    found.push(
      `${labelOf(event)} on ${formatPort(event)} is dated ${event.at.slice(0, 10)}, ${days} days before its commit`,
    );
  }
  return found;
}
