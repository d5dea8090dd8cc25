import { VportsError, type Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import type { Repository } from '../../log/git/index.js';
import { Audit, type FileChange, type TreeFile } from '../../log/inspect/index.js';
import type { Policy } from '../../policy/policy.js';
import { claimedTimes } from '../../review/claimed-times.js';
import { isSameIdentity, mailmapOf } from '../../review/mailmap.js';
import { against, type CheckedLog, checkLog, type Problem } from '../../review/rules.js';

export interface Verified {
  ok: boolean;
  checked: { events: number; streams: number; commits: number };
  problems: Problem[];
  warnings: Warning[];
}

interface VerifyOptions {
  base?: string | undefined;
  head?: string | undefined;
  /** Whether every commit that brings events has to be signed by somebody of the base's `allowed_signers`. */
  signed?: boolean | undefined;
  now?: number | undefined;
}

/** What was found, as it is found. */
interface Findings {
  problems: Problem[];
  warnings: Verified['warnings'];
}

/**
 * Whether a registry keeps all rules of the log and its history only ever added to it. With `base`, whether what `head` has
 * beyond it only adds, keeps the rules together with what `base` has by now, and is of whom it says.
 * Throws BAD_REVISION, and UNSUPPORTED_REPOSITORY where the history cannot be asked: that is never "no changes".
 */
export async function verify(
  repository: Repository,
  { base, head, signed = false, now = Date.now() }: VerifyOptions = {},
): Promise<Verified> {
  const audit = new Audit(repository);
  try {
    const at = await audit.commit(head);
    return base === undefined
      ? await verifyWhole(audit, at, { now, isHead: head === undefined })
      : await verifyBranch(audit, at, await audit.commit(base), { now, signed });
  } finally {
    audit.close();
  }
}

async function verifyWhole(
  audit: Audit,
  at: string,
  { now, isHead }: { now: number; isHead: boolean },
): Promise<Verified> {
  const files = await audit.files(at);
  const log = await checked(audit, files);
  const found: Findings = { problems: [...log.problems, ...oddEntries(files)], warnings: [] };
  await lookAtRewrites(audit, await audit.changes(at), files, found);
  if (isHead) found.problems.push(...(await lostCommits(audit, at)));
  for (const it of claimedTimes(log.events, log.events.keys(), now)) found.warnings.push(asWarning(it));
  found.problems.push(...(await policyProblems(audit, at, log, [...log.events.keys()])));
  return verdict(log, await audit.countCommits(at), found);
}

async function verifyBranch(
  audit: Audit,
  at: string,
  from: string,
  { now, signed }: { now: number; signed: boolean },
): Promise<Verified> {
  const bases = await audit.mergeBases(from, at);
  const [ours, theirs] = [await audit.files(at), await audit.files(from)];
  const forks = await Promise.all(bases.map((commit) => audit.files(commit)));
  const log = await checked(audit, new Map([...theirs, ...ours]));
  const known = await checked(audit, theirs);
  const found: Findings = { problems: [], warnings: [] };
  if (bases.length === 0)
    found.problems.push({
      code: 'HISTORY_REWRITTEN',
      path: '.',
      message: 'has no commit in common with the base',
    });

  const changes = await audit.changes(at, [from]);
  const restored = await lookAtForks(audit, { from, ours, theirs, forks, changes }, found);
  found.problems.push(...oddEntries(ours));
  // What is wrong on the base already is not the branch's; it is said all the same.
  const isKnown = (it: Problem) =>
    known.problems.some(({ code, path }) => code === it.code && path === it.path);
  for (const it of log.problems) {
    if (isKnown(it)) found.warnings.push(asWarning(it));
    else found.problems.push(it);
  }
  found.problems.push(...takenOnBase(theirs, ours, forks));

  const added = [...ours.keys()].filter(
    (path) => !theirs.has(path) && !restored.has(path) && !forks.some((fork) => fork.has(path)),
  );
  const commits = await audit.commitsOf(at, added);
  await lookAtNewEvents(audit, { at, from, bases, log, added, commits, now }, found);
  if (signed) await lookAtSignatures(audit, from, new Set(commits.values()), found);
  await nameOtherFiles(audit, at, bases, found);
  return verdict(log, await audit.countCommits(at, [from]), found);
}

/**
 * Every event of every merge base stands in the head, as the same file. What is unsound there may become what it first was. Gives
 * the paths that were restored so.
 */
async function lookAtForks(
  audit: Audit,
  {
    from,
    ours,
    theirs,
    forks,
    changes,
  }: {
    from: string;
    ours: Map<string, TreeFile>;
    theirs: Map<string, TreeFile>;
    forks: Map<string, TreeFile>[];
    changes: FileChange[];
  },
  found: Findings,
): Promise<Set<string>> {
  const restored = new Set<string>();
  for (const fork of forks) {
    const unsound = await unsoundStreams(audit, fork);
    const differing = [...fork]
      .filter(([path, { oid }]) => ours.get(path)?.oid !== oid)
      .map(([path]) => path);
    const back = [...ours.keys()].filter((path) => !fork.has(path) && unsound.has(streamOf(path)));
    const first = await audit.firstAdded(from, [...differing, ...back]);
    for (const path of back) if (first.get(path) === ours.get(path)!.oid) restored.add(path);
    for (const path of differing) {
      const now = ours.get(path);
      if (now && unsound.has(streamOf(path)) && first.get(path) === now.oid) {
        restored.add(path);
        continue;
      }
      const by = changes.findLast((it) => it.path === path && it.status !== 'A');
      found.problems.push(
        await changed(audit, path, now === undefined ? 'EVENT_DELETED' : 'EVENT_MODIFIED', by),
      );
    }
    // A file that another commit of the base once deleted may come back as it was.
    const gone = [...ours.keys()].filter(
      (path) => !fork.has(path) && !theirs.has(path) && !restored.has(path),
    );
    const once = await audit.firstAdded(from, gone);
    for (const path of gone) if (once.get(path) === ours.get(path)!.oid) restored.add(path);
  }
  for (const path of restored)
    found.warnings.push({ code: 'RESTORED', message: `${path} is what it was when it was first added` });
  return restored;
}

/** Folders of streams that cannot be read, or hold what is no event. */
async function unsoundStreams(audit: Audit, files: Map<string, TreeFile>): Promise<Set<string>> {
  const { problems } = await checked(audit, files);
  const own = ['BAD_EVENT', 'NOT_CANONICAL', 'PATH_MISMATCH', 'PREV_MISMATCH', 'VERSION_GAP'];
  const wrong = [...problems.filter(({ code }) => own.includes(code)), ...oddEntries(files)];
  return new Set(wrong.map(({ path }) => streamOf(path)));
}

/** New events against the policies, against who committed them, and against the clock. */
async function lookAtNewEvents(
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
  problems.push(...(await policyProblems(audit, at, log, added)));

  const committed = new Map([...commits].map(([path, commit]) => [path, abouts.get(commit)!.time * 1000]));
  for (const it of claimedTimes(log.events, added, now, committed)) {
    if (it.isForced) warnings.push(asWarning(it));
    else problems.push({ code: it.code, path: it.path, message: it.message });
  }

  const identityOf = mailmapOf((await audit.text(from, '.mailmap')) ?? '');
  const authorsIn = new Map<string, Set<string>>();
  for (const path of added) {
    const by = log.events.get(path)?.by;
    const commit = commits.get(path);
    if (!by || commit === undefined) continue;
    const { author } = abouts.get(commit)!;
    const [says, is] = [identityOf(by), identityOf(author)];
    authorsIn.set(commit, (authorsIn.get(commit) ?? new Set()).add(says.email.toLowerCase()));
    if (isSameIdentity(says, is)) continue;
    problems.push({
      code: 'AUTHOR_MISMATCH',
      path,
      message: `says it is by ${by.name} <${by.email}>, and ${commit.slice(0, 10)} is by ${author.name} <${author.email}>; a .mailmap on the base makes one of two addresses`,
    });
  }
  demoteShared(problems, warnings, commits, authorsIn);
}

/** A squash of what several people did has one author: that is said, and does not stop it. */
function demoteShared(
  problems: Problem[],
  warnings: Findings['warnings'],
  commits: Map<string, string>,
  authorsIn: Map<string, Set<string>>,
): void {
  const isShared = (it: Problem) =>
    it.code === 'AUTHOR_MISMATCH' && (authorsIn.get(commits.get(it.path) ?? '')?.size ?? 0) > 1;
  for (const it of problems.filter(isShared)) warnings.push(asWarning(it));
  problems.splice(0, problems.length, ...problems.filter((it) => !isShared(it)));
}

/** The policy that the merge leaves: the head's where the branch changed it, else the base's. In words, what is wrong with it. */
async function mergedPolicy(
  audit: Audit,
  at: string,
  from: string,
  bases: string[],
): Promise<Policy | string> {
  const [ours, theirs, ...before] = await Promise.all(
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

async function lookAtSignatures(
  audit: Audit,
  from: string,
  commits: Set<string>,
  { problems }: Findings,
): Promise<void> {
  const signers = await audit.text(from, 'allowed_signers');
  for (const commit of commits) {
    const wrong =
      signers === undefined
        ? 'the base has no allowed_signers'
        : await audit.signatureProblem(commit, signers);
    if (wrong === undefined) continue;
    const isMissing = /no signature|not signed/i.test(wrong);
    problems.push({
      code: isMissing ? 'NOT_SIGNED' : 'BAD_SIGNATURE',
      path: '.',
      message: `the commit ${commit.slice(0, 10)}: ${wrong}`,
    });
  }
}

/** Whoever reads a change of ports has to see what else comes with it. */
async function nameOtherFiles(
  audit: Audit,
  at: string,
  bases: string[],
  { warnings }: Findings,
): Promise<void> {
  const ours = await audit.otherFiles(at);
  const names = new Set<string>();
  for (const base of bases) {
    const before = await audit.otherFiles(base);
    for (const path of new Set([...ours.keys(), ...before.keys()])) {
      const [is, was] = [ours.get(path), before.get(path)];
      if (is?.oid !== was?.oid || is?.mode !== was?.mode) names.add(path);
    }
  }
  const all = [...names].sort();
  for (const path of all.slice(0, 50)) warnings.push({ code: 'OTHER_FILE', message: `${path} changes too` });
  if (all.length > 50)
    warnings.push({ code: 'OTHER_FILE', message: `${all.length - 50} more files change too` });
}

async function checked(audit: Audit, files: Map<string, TreeFile>): Promise<CheckedLog> {
  const texts = await audit.texts([...files.values()].map(({ oid }) => oid));
  return checkLog(new Map([...files].map(([path, { oid }]) => [path, texts.get(oid)!])));
}

/** An event that is a link or a program is no event to who folds the log, and its port would be lost. */
function oddEntries(files: Map<string, TreeFile>): Problem[] {
  return [...files]
    .filter(([, { mode }]) => mode !== '100644')
    .map(([path, { mode }]) => ({
      code: 'NOT_A_FILE' as const,
      path,
      message: `has the mode ${mode}: an event is a plain file, 100644`,
    }));
}

/** Files that were changed or deleted after they had been added. What is back as it was is said, and is no problem any more. */
async function lookAtRewrites(
  audit: Audit,
  changes: FileChange[],
  files: Map<string, TreeFile>,
  { problems, warnings }: Findings,
): Promise<void> {
  const disturbed = new Map<string, { first: FileChange; last: FileChange }>();
  for (const it of changes) {
    if (it.status === 'A' || it.settled) continue;
    disturbed.set(it.path, { first: disturbed.get(it.path)?.first ?? it, last: it });
  }
  for (const [path, { first, last }] of disturbed) {
    const now = files.get(path);
    if (now !== undefined && now.oid === first.before) {
      const how = first.status === 'D' ? 'deleted' : 'changed';
      const message = `${path} was ${how} by ${first.commit.slice(0, 10)}, and is as it was again`;
      warnings.push({ code: 'RESTORED', message });
    } else
      problems.push(await changed(audit, path, now === undefined ? 'EVENT_DELETED' : 'EVENT_MODIFIED', last));
  }
}

/** By whom a file was changed or deleted, and how it is done properly. */
async function changed(
  audit: Audit,
  path: string,
  code: 'EVENT_DELETED' | 'EVENT_MODIFIED',
  by: FileChange | undefined,
): Promise<Problem> {
  const how = code === 'EVENT_DELETED' ? 'deleted' : 'changed';
  const about = by && (await audit.about(by.commit));
  const who = by && about ? ` by ${by.commit.slice(0, 10)} (${about.subject}), of ${about.author.name}` : '';
  const back = by
    ? `\`git checkout ${by.commit.slice(0, 10)}~1 -- ${shellWord(path)} && git commit\` puts it back`
    : 'put back what the base has';
  const instead =
    code === 'EVENT_DELETED'
      ? `; events stay: ${back}, then \`vports undo ${shellWord(path)}\` adds what you mean`
      : `; what is written is never changed: ${back}`;
  return { code, path, message: `${how}${who}${instead}` };
}

/** Commits that vports made or believed on the branch that all share, and that it has no more. */
async function lostCommits(audit: Audit, head: string): Promise<Problem[]> {
  const lost = await audit.lost(head);
  if (lost.length === 0) return [];
  const first = lost[0]!.slice(0, 10);
  const which = lost.length === 1 ? `the commit ${first}` : `${lost.length} commits`;
  return [
    {
      code: 'HISTORY_REWRITTEN',
      path: '.',
      message: `${which} that vports has made or fetched here are on this branch no more: \`git log ${first}\` shows the last of them, \`git merge ${first}\` brings them back`,
    },
  ];
}

/** The same file with other content on both sides: git itself would not merge that. */
function takenOnBase(
  theirs: Map<string, TreeFile>,
  ours: Map<string, TreeFile>,
  forks: Map<string, TreeFile>[],
): Problem[] {
  return [...ours]
    .filter(([path, { oid }]) => {
      const isNew = !forks.some((fork) => fork.has(path));
      return isNew && theirs.has(path) && theirs.get(path)!.oid !== oid;
    })
    .map(([path]) => ({
      code: 'TAKEN_ON_BASE' as const,
      path,
      message:
        'the base has another event here by now: merge it, and settle the conflict with `vports resolve`',
    }));
}

/** Grants against the policy of the commit that brought them; one that shrinks later makes no older event wrong. */
async function policyProblems(
  audit: Audit,
  head: string,
  log: CheckedLog,
  paths: string[],
): Promise<Problem[]> {
  let now: Policy;
  try {
    now = await audit.policy(head);
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    return [{ code: 'BAD_POLICY', path: 'policy.json', message: error.message }];
  }
  const known = paths.filter((path) => log.events.has(path));
  const commits = await audit.commitsOf(head, known);
  const policies = new Map<string, Policy>();
  const found: Problem[] = [];
  for (const path of known) {
    const commit = commits.get(path) ?? head;
    if (!policies.has(commit)) policies.set(commit, await audit.policy(commit).catch(() => now));
    const problem = against(policies.get(commit)!, log.events.get(path)!);
    if (problem) found.push({ ...problem, path });
  }
  return found;
}

function verdict(log: CheckedLog, commits: number, { problems, warnings }: Findings): Verified {
  const once = <T>(all: T[], key: (it: T) => string) => [...new Map(all.map((it) => [key(it), it])).values()];
  return {
    ok: problems.length === 0,
    checked: { events: log.events.size, streams: log.streams, commits },
    problems: once(problems, (it) => `${it.code} ${it.path} ${it.code === 'NOT_SIGNED' ? it.message : ''}`),
    warnings: once(warnings, (it) => `${it.code} ${it.message}`),
  };
}

function asWarning({ code, path, message }: Problem): Verified['warnings'][number] {
  return { code, message: `${path}: ${message}` };
}

function streamOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
