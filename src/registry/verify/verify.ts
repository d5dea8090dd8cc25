import { allDone } from '../../all-done.js';
import type { Repository } from '../../log/git/index.js';
import { Audit, type FileChange, type TreeFile } from '../../log/inspect/index.js';
import type { Progress } from '../../progress.js';
import { claimedTimes } from '../../review/claimed-times.js';
import { DECIDES, isDeciding } from '../../review/deciding-files.js';
import type { Problem } from '../../review/rules.js';
import { lookAtNewEvents } from './events.js';
import { type Added, asWarning, type Findings, type Verified, verdict } from './findings.js';
import { lookAtRegistryId, policyOrNone, policyProblems, policyWarnings } from './policies.js';
import { lookAtAllSignatures, lookAtSignatures, lookAtSigners } from './signatures.js';
import { checked, lookAtForks, lookAtRewrites, oddEntries, takenOnBase, treeProblems } from './trees.js';

interface VerifyOptions {
  base?: string | undefined;
  head?: string | undefined;
  /** Require a signature by one of `allowed_signers` on every event or its commit. */
  signed?: boolean | undefined;
  now?: number | undefined;
  /** Whether the log may contain leases. */
  leases?: boolean | undefined;
  progress?: Progress | undefined;
}

/**
 * Whether a registry keeps all rules of the log and its history only ever added to it. With `base`, whether what `head` has
 * beyond it only adds, keeps the rules together with what `base` has by now, and is of whom it says.
 * Throws BAD_REVISION, and UNSUPPORTED_REPOSITORY where the history cannot be asked: that is never "no changes".
 */
export async function verify(
  repository: Repository,
  { base, head, signed = false, now = Date.now(), leases = false, progress }: VerifyOptions = {},
): Promise<Verified> {
  const audit = new Audit(repository, progress);
  try {
    const at = await audit.commit(head);
    return base === undefined
      ? await verifyWhole(audit, at, { now, leases, signed, isHead: head === undefined })
      : await verifyBranch(audit, at, await audit.commit(base), { now, signed });
  } catch (error) {
    throw await audit.explained(error);
  } finally {
    audit.close();
  }
}

async function verifyWhole(
  audit: Audit,
  at: string,
  { now, leases, signed, isHead }: { now: number; leases: boolean; signed: boolean; isHead: boolean },
): Promise<Verified> {
  const files = await audit.files(at);
  // In parallel, because each takes git long.
  const [log, judgement, lost, policies, commits, signers] = await allDone([
    checked(audit, files, { leases }),
    audit.judgement(at),
    isHead ? lostCommits(audit, at) : [],
    audit.policiesBefore(at),
    audit.countCommits(at),
    signed ? audit.signersOfEvents(at) : undefined,
  ]);
  const odd = oddEntries(files);
  const found: Findings = { problems: [...log.problems, ...odd.problems], warnings: odd.warnings };
  await lookAtRewrites(audit, judgement, found);
  found.problems.push(...lost);
  found.problems.push(...(await treeProblems(audit, at)));
  for (const it of claimedTimes(log.events, log.events.keys(), now)) found.warnings.push(asWarning(it));
  found.problems.push(...(await policyProblems(audit, at, log, [...log.events.keys()], policies)));
  found.warnings.push(...(await policyWarnings(audit, at, log, found.problems)));
  if (signers) {
    const registry = (await policyOrNone(audit, at))?.id;
    await lookAtAllSignatures(audit, { at, log, signers }, registry, found);
  }
  return verdict(log, commits, found);
}

async function verifyBranch(
  audit: Audit,
  at: string,
  from: string,
  { now, signed }: { now: number; signed: boolean },
): Promise<Verified> {
  const mergeBases = await audit.mergeBases(from, at);
  const [head, base] = [await audit.files(at), await audit.files(from)];
  const forks = await allDone(mergeBases.map((commit) => audit.files(commit)));
  const mayEnd = (path: string) => base.has(path);
  const log = await checked(audit, new Map([...base, ...head]), { mayEnd });
  const known = await checked(audit, base);
  const found: Findings = { problems: [], warnings: [] };
  if (mergeBases.length === 0)
    found.problems.push({
      code: 'HISTORY_REWRITTEN',
      path: '.',
      message: 'has no commit in common with the base',
    });

  const changes = await audit.changes(at, [from]);
  const judgement = await audit.judgement(from);
  const restored = await lookAtForks(audit, { head, base, forks }, judgement, changes, found);
  const odd = oddEntries(head, base);
  found.problems.push(...odd.problems);
  found.warnings.push(...odd.warnings);
  // Problems of the base are only warnings.
  const isKnown = (it: Problem) =>
    known.problems.some(({ code, path }) => code === it.code && path === it.path);
  for (const it of log.problems) {
    if (isKnown(it)) found.warnings.push(asWarning(it));
    else found.problems.push(it);
  }
  found.problems.push(...takenOnBase({ head, base, forks }));
  for (const it of await treeProblems(audit, at, from)) found.problems.push(it);

  const added = [...head.keys()].filter(
    (path) => !base.has(path) && !restored.has(path) && !forks.some((fork) => fork.has(path)),
  );
  const commits = await commitsThatBrought(audit, { at, added }, head, changes);
  await lookAtNewEvents(audit, { at, from, mergeBases, log, added, commits, now }, found);
  const policy = await policyOrNone(audit, from);
  await lookAtRegistryId(audit, { at, before: policy?.id }, found);
  const required = policy?.signatures === 'required';
  const asked = { registry: policy?.id, required, signed: signed || required };
  await lookAtSignatures(audit, { from, log, added, commits }, asked, found);
  await lookAtSigners(audit, { at, from }, found);
  await nameOtherFiles(audit, at, mergeBases, found);
  return verdict(log, await audit.countCommits(at, [from]), found);
}

/** The last commit that changed each file, else the first that had it. */
async function commitsThatBrought(
  audit: Audit,
  { at, added }: Pick<Added, 'at' | 'added'>,
  files: Map<string, TreeFile>,
  changes: FileChange[],
): Promise<Map<string, string>> {
  const brought = await audit.commitsOf(at, added);
  for (const { path, commit, status, after } of changes) {
    if (status === 'A' || !brought.has(path) || files.get(path)?.oid !== after) continue;
    const { parents } = await audit.about(commit);
    const others = await Promise.all(parents.slice(1).map((parent) => audit.oids(parent)));
    // A merge that takes the other side's version adds nothing.
    if (!others.some((oids) => oids.get(path) === after)) brought.set(path, commit);
  }
  return brought;
}

const SHOWN = 50;

/** Lists other changed files, first those with power over the gate; in a monorepo also those of the root. */
async function nameOtherFiles(
  audit: Audit,
  at: string,
  mergeBases: string[],
  { warnings }: Findings,
): Promise<void> {
  const head = await audit.otherFiles(at);
  const names = new Set<string>();
  for (const base of mergeBases) {
    const before = await audit.otherFiles(base);
    for (const path of new Set([...head.keys(), ...before.keys()])) {
      const [is, was] = [head.get(path), before.get(path)];
      if (is?.oid !== was?.oid || is?.mode !== was?.mode) names.add(path);
    }
  }
  const elsewhere = (await allDone(mergeBases.map((base) => audit.changedElsewhere(base, at)))).flat();
  const others = [...names].sort();
  const name = (path: string, why = '') => {
    warnings.push({ code: 'OTHER_FILE', message: `${path} changes too${why}` });
  };
  for (const path of new Set([...others, ...elsewhere].filter(isDeciding))) name(path, `: ${DECIDES}`);
  const plain = others.filter((path) => !isDeciding(path));
  for (const path of plain.slice(0, SHOWN)) name(path);
  if (plain.length > SHOWN)
    warnings.push({ code: 'OTHER_FILE', message: `${plain.length - SHOWN} more files change too` });
}

/** Commits made or fetched here that the shared branch no longer contains. */
async function lostCommits(audit: Audit, head: string): Promise<Problem[]> {
  const lost = await audit.lost(head);
  if (lost.length === 0) return [];
  const first = lost[0]!.slice(0, 10);
  const which = lost.length === 1 ? `the commit ${first}` : `${lost.length} commits`;
  return [
    {
      code: 'HISTORY_REWRITTEN',
      path: '.',
      message: `this branch lost ${which} that vports made or fetched here: \`git log ${first}\` shows them, \`git merge ${first}\` restores them`,
    },
  ];
}
