import type { EventChange, HistoryAsked } from './history-asked.js';
import type { LineCommit, Note } from './judgement.js';

/** A commit outside of the line, with the merge that brought it and the merged head. */
interface SideCommit {
  merge: LineCommit;
  tip: string;
}

/**
 * Events that merges dropped from the branches they merged. If the merge did not follow its first parent, only a conflict justifies
 * the loss of events there: otherwise a single person could undo what the branch had. Everything else never counted, and is noted.
 */
export async function droppedFromSides(
  asked: HistoryAsked,
  line: LineCommit[],
  prefix: string,
): Promise<{ dropped: EventChange[]; notes: Note[] }> {
  const merges = line.filter(({ others }) => others.length > 0);
  if (merges.length === 0) return { dropped: [], notes: [] };
  const via = sideCommits(asked, line, merges);
  const added = new Map<string, SideCommit & { path: string }>();
  for (const { commit, path } of await asked.added([...via.keys()], prefix)) {
    const { merge, tip } = via.get(commit)!;
    added.set(`${merge.commit} ${path}`, { merge, tip, path });
  }
  const notes = await changedBefore(asked, via, added, prefix);
  const dropped: EventChange[] = [];
  for (const [merge, own] of await droppedBy(asked, [...added.values()], prefix)) {
    const explained = await explainedOf(asked, own);
    for (const it of own) {
      if (merge.place > 0 && !explained.has(it)) dropped.push(it.change);
      else
        notes.push({
          commit: merge.commit,
          path: it.change.path,
          what: explained.has(it) ? 'dropped' : 'unclear',
        });
    }
  }
  return { dropped, notes };
}

/** Maps each commit outside of the line to the first merge that contains it. */
function sideCommits(asked: HistoryAsked, line: LineCommit[], merges: LineCommit[]): Map<string, SideCommit> {
  const seen = new Set(line.map(({ commit }) => commit));
  // If the line was cut, everything before it belongs to the line already.
  for (const open = [line[0]?.parent]; open.length > 0; ) {
    const at = open.pop();
    if (at === undefined || seen.has(at)) continue;
    seen.add(at);
    open.push(...(asked.parents.get(at) ?? []));
  }
  const via = new Map<string, SideCommit>();
  for (const merge of merges) {
    for (const open = merge.others.map((tip) => ({ at: tip, tip })); open.length > 0; ) {
      const { at, tip } = open.pop()!;
      const parents = asked.parents.get(at);
      if (seen.has(at) || !parents) continue;
      seen.add(at);
      via.set(at, { merge, tip });
      open.push(...parents.map((parent) => ({ at: parent, tip })));
    }
  }
  return via;
}

async function changedBefore(
  asked: HistoryAsked,
  via: Map<string, SideCommit>,
  added: ReadonlyMap<string, unknown>,
  prefix: string,
): Promise<Note[]> {
  const single = [...via.keys()].filter((commit) => asked.parents.get(commit)!.length === 1);
  const pairs = single.map((commit) => ({ commit, parent: asked.parents.get(commit)![0] }));
  const changes = await asked.changes(pairs, prefix);
  return changes
    .filter(({ commit, path }) => added.has(`${via.get(commit)!.merge.commit} ${path}`))
    .map(({ commit, path }) => ({ commit, path, what: 'changed' as const }));
}

interface Dropped {
  change: EventChange;
  /** The line had a different file there. */
  isConflict: boolean;
}

async function droppedBy(
  asked: HistoryAsked,
  added: (SideCommit & { path: string })[],
  prefix: string,
): Promise<Map<LineCommit, Dropped[]>> {
  const at = (commitOf: (it: SideCommit) => string | undefined) =>
    asked.oidsAt(added.map((it) => ({ commit: commitOf(it)!, path: prefix + it.path })));
  const [theirs, here, before] = [
    await at(({ tip }) => tip),
    await at(({ merge }) => merge.commit),
    await at(({ merge }) => merge.parent),
  ];
  const found = new Map<LineCommit, Dropped[]>();
  for (const [index, { merge, path }] of added.entries()) {
    const [was, is] = [theirs[index], here[index]];
    if (was === undefined || was === is || was === before[index]) continue;
    const file = (oid: string) => ({ oid, mode: '100644' });
    const change = {
      commit: merge.commit,
      path,
      before: file(was),
      after: is === undefined ? undefined : file(is),
    };
    const own = found.get(merge) ?? [];
    found.set(merge, [...own, { change, isConflict: is !== undefined && is === before[index] }]);
  }
  return found;
}

/** Losses explained by a conflict: a different file at the path, the rest of its batch, and later events of its stream. */
async function explainedOf(asked: HistoryAsked, dropped: Dropped[]): Promise<Set<Dropped>> {
  const batches = await asked.batches(dropped.map(({ change }) => change.before!.oid));
  const batchOf = ({ change }: Dropped) => batches.get(change.before!.oid);
  const explained = new Set(dropped.filter(({ isConflict }) => isConflict));
  for (let grown = true; grown; ) {
    grown = false;
    for (const it of dropped) {
      if (explained.has(it)) continue;
      const why = [...explained].some(
        (other) =>
          (batchOf(it) !== undefined && batchOf(it) === batchOf(other)) ||
          (streamOf(it) === streamOf(other) && it.change.path > other.change.path),
      );
      if (!why) continue;
      explained.add(it);
      grown = true;
    }
  }
  return explained;
}

function streamOf({ change: { path } }: Dropped): string {
  return path.slice(0, path.lastIndexOf('/'));
}
