import { shellWord } from '../../files/shell-word.js';
import {
  type Audit,
  type EditedEvent,
  type FileChange,
  isEventAt,
  type Judgement,
  type TreeFile,
  verdictOf,
} from '../../log/inspect/index.js';
import { type CheckedLog, checkLog, type Problem } from '../../review/rules.js';
import { plainName, treeFaults } from '../../review/tree-faults.js';
import type { Findings } from './findings.js';

/** The events of a branch, of its base and of the merge bases of the two, by path. */
interface Trees {
  head: Map<string, TreeFile>;
  base: Map<string, TreeFile>;
  forks: Map<string, TreeFile>[];
}

/**
 * Every event of every merge base must be in the head with the same content. An event that the base has in other bytes than it first
 * counted may only be restored to those. Returns the restored paths.
 */
export async function lookAtForks(
  audit: Audit,
  { head, base, forks }: Trees,
  { edited }: Judgement,
  changes: FileChange[],
  found: Findings,
): Promise<Set<string>> {
  const lost = new Map([...edited].filter(([, it]) => verdictOf(it) === 'damaged'));
  const isRestored = (path: string) => lost.has(path) && lost.get(path)!.first.oid === head.get(path)?.oid;
  const restored = new Set([...head.keys()].filter((path) => isRestored(path) && !isAt(base, path, head)));
  const lastChange = (path: string) => changes.findLast((it) => it.path === path && it.status !== 'A');
  const disturbed = new Set(
    forks.flatMap((fork) => [...fork.keys()].filter((path) => !isAt(fork, path, head))),
  );
  // The path of an event is never reused.
  for (const path of lost.keys()) if (head.has(path) && !base.has(path)) disturbed.add(path);
  const strays = await straysAmong(audit, [
    ...[...disturbed].flatMap((path) =>
      forks.flatMap((fork) => (fork.has(path) ? [{ path, oid: fork.get(path)!.oid }] : [])),
    ),
    ...[...disturbed].flatMap((path) => (base.has(path) ? [{ path, oid: base.get(path)!.oid }] : [])),
    ...changes.flatMap(({ path, before }) => (before === undefined ? [] : [{ path, oid: before }])),
  ]);
  for (const path of disturbed) {
    if (restored.has(path) || (strays.has(path) && !edited.has(path))) continue;
    const code = head.has(path) ? 'EVENT_MODIFIED' : 'EVENT_DELETED';
    found.problems.push(await changed(audit, path, code, lastChange(path)));
  }
  for (const path of restored)
    found.warnings.push({ code: 'RESTORED', message: `${path} is restored to its first version` });
  for (const path of new Set(changes.flatMap((it) => (isEdit(it) ? [it.path] : [])))) {
    if (disturbed.has(path) || restored.has(path) || base.has(path) || strays.has(path)) continue;
    found.problems.push(changedByItself(path, lastChange(path)!, head.has(path)));
  }
  return restored;
}

/** Files that never were valid events and can be removed safely. */
async function straysAmong(audit: Audit, files: { path: string; oid: string }[]): Promise<Set<string>> {
  const texts = await audit.texts(files.map(({ oid }) => oid));
  const events = new Set(files.flatMap(({ path, oid }) => (isEventAt(path, texts.get(oid)) ? [path] : [])));
  return new Set(files.flatMap(({ path }) => (events.has(path) ? [] : [path])));
}

/** A mode change alone does not change the event. */
function isEdit({ status, settled, before, after }: FileChange): boolean {
  return status !== 'A' && !settled && before !== after;
}

function isAt(files: Map<string, TreeFile>, path: string, others: Map<string, TreeFile>): boolean {
  return files.get(path)?.oid === others.get(path)?.oid;
}

/** A fast-forward merge would put the change on the shared branch. */
function changedByItself(path: string, { commit }: FileChange, isThere: boolean): Problem {
  return {
    code: isThere ? 'EVENT_MODIFIED' : 'EVENT_DELETED',
    path,
    message: `${isThere ? 'changed' : 'deleted'} by ${commit.slice(0, 10)} after this branch added it, which would count as damage on the shared branch; squash the branch into one commit (\`git rebase -i\`) and push that`,
  };
}

/**
 * Events that are not plain files. Readers ignore a link, and its port would be lost. An executable file has the same bytes; if it is
 * `known` already, it is only a warning.
 */
export function oddEntries(files: Map<string, TreeFile>, known: Map<string, TreeFile> = files): Findings {
  const found: Findings = { problems: [], warnings: [] };
  for (const [path, { mode }] of files) {
    const message = `has the mode ${mode}; an event must be a plain file (100644)`;
    if (mode === '100755' && known.get(path)?.mode === mode)
      found.warnings.push({ code: 'NOT_A_FILE', message: `${path} ${message}` });
    else if (mode !== '100644') found.problems.push({ code: 'NOT_A_FILE', path, message });
  }
  return found;
}

/** Entries that readers see differently. Those in `base` too are not reported. */
export async function treeProblems(audit: Audit, at: string, base?: string): Promise<Problem[]> {
  const found = await faultsAt(audit, at);
  if (found.length === 0 || base === undefined) return found;
  const known = new Set((await faultsAt(audit, base)).map(({ path, message }) => `${path} ${message}`));
  return found.filter(({ path, message }) => !known.has(`${path} ${message}`));
}

async function faultsAt(audit: Audit, commit: string): Promise<Problem[]> {
  const siblings = (await audit.siblingFolders(commit)).flatMap(({ own, others }) =>
    others.filter((it) => plainName(it) === plainName(own)).map((it) => siblingProblem(it, own)),
  );
  return [...treeFaults(await audit.entries(commit)), ...siblings];
}

function siblingProblem(path: string, own: string): Problem {
  const message = `has the same name as the registry's folder ${own} on some file systems`;
  return { code: 'PATH_MISMATCH', path, message };
}

/** Changed or deleted events; restored ones are only a warning. */
export async function lookAtRewrites(
  audit: Audit,
  { edited, notes }: Judgement,
  { problems, warnings }: Findings,
): Promise<void> {
  for (const { path, commit, what } of notes) {
    if (what !== 'unclear') continue;
    const message = `${path}: the merge ${commit.slice(0, 10)} dropped it without a conflict; it never took effect`;
    warnings.push({ code: 'EVENT_DELETED', message });
  }
  for (const [path, it] of edited) {
    const by = culpritOf(it);
    if (verdictOf(it) === 'restored' && by !== undefined) {
      const how = it.trail.some(({ to }) => to === undefined) ? 'deleted' : 'changed';
      const message = `${path} was ${how} by ${by.slice(0, 10)} and has been restored`;
      warnings.push({ code: 'RESTORED', message });
    }
    if (verdictOf(it) !== 'damaged') continue;
    const code = it.now === undefined ? 'EVENT_DELETED' : 'EVENT_MODIFIED';
    problems.push(await changed(audit, path, code, by === undefined ? undefined : { commit: by }));
  }
}

function culpritOf({ first, trail }: EditedEvent): string | undefined {
  const step = trail.findLast(({ to }) => to?.oid !== first.oid);
  return step?.by ?? step?.commit;
}

/** Names the author, and the proper way. */
async function changed(
  audit: Audit,
  path: string,
  code: 'EVENT_DELETED' | 'EVENT_MODIFIED',
  by: Pick<FileChange, 'commit'> | undefined,
): Promise<Problem> {
  const how = code === 'EVENT_DELETED' ? 'deleted' : 'changed';
  const about = by && (await audit.about(by.commit));
  const who = by && about ? ` by ${by.commit.slice(0, 10)} (${about.subject}) by ${about.author.name}` : '';
  const back = by
    ? `\`git checkout ${by.commit.slice(0, 10)}~1 -- ${shellWord(path)} && git commit\` restores it`
    : 'restore the version of the base';
  const instead =
    code === 'EVENT_DELETED'
      ? `; events cannot be deleted: ${back}; to revert the command use \`vports undo ${shellWord(path)}\``
      : `; events cannot be changed: ${back}`;
  return { code, path, message: `${how}${who}${instead}` };
}

/** Same path, different content: git would not merge it. */
export function takenOnBase({ head, base, forks }: Trees): Problem[] {
  return [...head]
    .filter(([path, { oid }]) => {
      const isNew = !forks.some((fork) => fork.has(path));
      return isNew && base.has(path) && base.get(path)!.oid !== oid;
    })
    .map(([path]) => ({
      code: 'TAKEN_ON_BASE' as const,
      path,
      message: 'the base now has another event here: merge it and run `vports resolve`',
    }));
}

/** Collects violations instead of throwing. */
export async function checked(
  audit: Audit,
  files: Map<string, TreeFile>,
  rules?: Parameters<typeof checkLog>[1],
): Promise<CheckedLog> {
  const texts = await audit.texts([...files.values()].map(({ oid }) => oid));
  return checkLog(new Map([...files].map(([path, { oid }]) => [path, texts.get(oid)!])), rules);
}
