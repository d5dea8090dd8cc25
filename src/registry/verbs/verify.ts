import type { WarningCode } from '../../codes.js';
import { VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import type { Repository } from '../../log/git/index.js';
import { Audit, type FileChange } from '../../log/inspect/index.js';
import type { Policy } from '../../policy/policy.js';
import { against, type CheckedLog, checkLog, type Problem } from '../../review/rules.js';

export interface Verified {
  ok: boolean;
  checked: { events: number; streams: number; commits: number };
  problems: Problem[];
  warnings: { code: WarningCode; message: string; hint?: string | undefined }[];
}

/**
 * Whether a registry keeps all rules of the log and its history only ever added to it. With `base`, whether what `head` has
 * beyond it only adds, keeps the rules together with what `base` has by now, and is signed by who committed it.
 * Throws BAD_REVISION.
 */
export async function verify(
  repository: Repository,
  {
    base,
    head,
    now = Date.now(),
  }: { base?: string | undefined; head?: string | undefined; now?: number | undefined } = {},
): Promise<Verified> {
  const audit = new Audit(repository);
  try {
    const at = await audit.commit(head);
    const from = base === undefined ? undefined : await audit.commit(base);
    const files = await audit.files(at);
    const theirs = from === undefined ? new Map<string, string>() : await audit.files(from);
    const both = new Map([...theirs, ...files]);
    const texts = await audit.texts(both.values());
    const log = checkLog(new Map([...both].map(([path, oid]) => [path, texts.get(oid)!])), now);
    const fork = from === undefined ? undefined : await audit.commonAncestor(from, at);
    const changes = await audit.changes(at, fork ?? from);
    const added =
      from === undefined ? [...log.events.keys()] : [...files.keys()].filter((path) => !theirs.has(path));
    const problems = [
      ...log.problems,
      ...(from === undefined
        ? []
        : takenOnBase(theirs, files, await (fork ? audit.files(fork) : new Map<string, string>()))),
      ...rewrites(changes),
      ...(from === undefined && head === undefined ? await lostCommits(audit, at) : []),
      ...(from === undefined ? [] : strangers(changes, log)),
      ...(await policyProblems(audit, at, log, added)),
    ];
    return {
      ok: problems.length === 0,
      checked: {
        events: log.events.size,
        streams: log.streams,
        commits: await audit.countCommits(at, fork ?? from),
      },
      problems: once(problems),
      warnings: [],
    };
  } finally {
    audit.close();
  }
}

/** Files that were changed or deleted after they had been added: by whom, and how it is done properly. */
function rewrites(changes: FileChange[]): Problem[] {
  return changes
    .filter(({ status, settled }) => status !== 'A' && !settled)
    .map(({ status, path, commit, subject, author }) => {
      const how = status === 'D' ? 'deleted' : 'changed';
      const instead =
        status === 'D'
          ? `; events stay: take that commit back, then \`vports undo ${shellWord(path)}\` adds what you mean`
          : '; what is written is never changed';
      return {
        code: status === 'D' ? 'EVENT_DELETED' : 'EVENT_MODIFIED',
        path,
        message: `${how} by ${commit.slice(0, 10)} (${subject}), of ${author.name}${instead}`,
      };
    });
}

/** Commits that vports made or believed on the branch that all share, and that it has no more. */
async function lostCommits(audit: Audit, head: string): Promise<Problem[]> {
  const lost = await audit.lost(head);
  if (lost.length === 0) return [];
  const [first] = lost;
  const which = lost.length === 1 ? `the commit ${first!.slice(0, 10)}` : `${lost.length} commits`;
  return [
    {
      code: 'HISTORY_REWRITTEN',
      path: '.',
      message: `${which} that vports has made or fetched here are on this branch no more: \`git log ${first!.slice(0, 10)}\` shows the last of them, \`git merge ${first!.slice(0, 10)}\` brings them back`,
    },
  ];
}

/** The same file with other content on both sides: git itself would not merge that. */
function takenOnBase(
  theirs: Map<string, string>,
  ours: Map<string, string>,
  fork: Map<string, string>,
): Problem[] {
  return [...ours]
    .filter(([path, oid]) => !fork.has(path) && theirs.has(path) && theirs.get(path) !== oid)
    .map(([path]) => ({
      code: 'TAKEN_ON_BASE',
      path,
      message:
        'the base has another event here by now: merge it, and settle the conflict with `vports resolve`',
    }));
}

/** An event says who ran the command, a commit who made it: on the way to a review the two have to agree. */
function strangers(changes: FileChange[], { events }: CheckedLog): Problem[] {
  return changes
    .filter(({ status }) => status === 'A')
    .flatMap(({ path, author, commit }) => {
      const by = events.get(path)?.by;
      if (!by || by.email.toLowerCase() === author.email.toLowerCase()) return [];
      return [
        {
          code: 'AUTHOR_MISMATCH',
          path,
          message: `says it is by ${by.name} <${by.email}>, and ${commit.slice(0, 10)} by ${author.name} <${author.email}>`,
        },
      ];
    });
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
  const doubtful = paths.filter((path) => log.events.has(path) && against(now, log.events.get(path)!));
  const commits = await audit.commitsOf(head, doubtful);
  const policies = new Map<string, Policy>();
  const found: Problem[] = [];
  for (const path of doubtful) {
    const commit = commits.get(path) ?? head;
    if (!policies.has(commit)) policies.set(commit, await audit.policy(commit).catch(() => now));
    const problem = against(policies.get(commit)!, log.events.get(path)!);
    if (problem) found.push({ ...problem, path });
  }
  return found;
}

function once(problems: Problem[]): Problem[] {
  return [...new Map(problems.map((it) => [`${it.code} ${it.path}`, it])).values()];
}
