import { shellWord } from '../../files/shell-word.js';
import type { Audit, FileChange, TreeFile } from '../../log/inspect/index.js';
import { type CheckedLog, checkLog, type Problem } from '../../review/rules.js';
import type { Findings } from './verdict.js';

/**
 * Every event of every merge base stands in the head, as the same file. What is unsound there may become what it first was. Gives
 * the paths that were restored so.
 */
export async function lookAtForks(
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
    for (const path of back) if (first.get(path)?.includes(ours.get(path)!.oid)) restored.add(path);
    for (const path of differing) {
      const now = ours.get(path);
      if (now && unsound.has(streamOf(path)) && first.get(path)?.includes(now.oid)) {
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
    for (const path of gone) if (once.get(path)?.includes(ours.get(path)!.oid)) restored.add(path);
  }
  for (const path of restored)
    found.warnings.push({ code: 'RESTORED', message: `${path} is what it was when it was first added` });
  return restored;
}

/** Folders of streams that cannot be read, or hold what is no event. */
export async function unsoundStreams(audit: Audit, files: Map<string, TreeFile>): Promise<Set<string>> {
  const { problems } = await checked(audit, files);
  const own = ['BAD_EVENT', 'NOT_CANONICAL', 'PATH_MISMATCH', 'PREV_MISMATCH', 'VERSION_GAP'];
  const wrong = [...problems.filter(({ code }) => own.includes(code)), ...oddEntries(files)];
  return new Set(wrong.map(({ path }) => streamOf(path)));
}

/** An event that is a link or a program is no event to who folds the log, and its port would be lost. */
export function oddEntries(files: Map<string, TreeFile>): Problem[] {
  return [...files]
    .filter(([, { mode }]) => mode !== '100644')
    .map(([path, { mode }]) => ({
      code: 'NOT_A_FILE' as const,
      path,
      message: `has the mode ${mode}: an event is a plain file, 100644`,
    }));
}

/** Files that were changed or deleted after they had been added. What is back as it was is said, and is no problem any more. */
export async function lookAtRewrites(
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

/** The same file with other content on both sides: git itself would not merge that. */
export function takenOnBase(
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

export async function checked(audit: Audit, files: Map<string, TreeFile>): Promise<CheckedLog> {
  const texts = await audit.texts([...files.values()].map(({ oid }) => oid));
  return checkLog(new Map([...files].map(([path, { oid }]) => [path, texts.get(oid)!])));
}

export function streamOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
