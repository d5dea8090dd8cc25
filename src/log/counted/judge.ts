import { isAncestor } from '../git/ancestry.js';
import { withCulprits } from './culprits.js';
import { type EventChange, filesOf, HistoryAsked, type Pair } from './history-asked.js';
import { type JudgedBranch, type Judgement, type LineCommit, take } from './judgement.js';
import { beginningOf } from './moved-folder.js';
import { joinsNamesakes, sharedParentOf } from './shared-parent.js';
import { droppedFromSides } from './side-branches.js';

/** Judges the history of the shared branch up to a head. What an earlier judgement counted keeps counting, whatever the history in between. */
export async function judge(branch: JudgedBranch, head: string, before?: Judgement): Promise<Judgement> {
  // A head that was taken back is handled elsewhere (HISTORY_REWRITTEN): its events are not missed here.
  const isBefore = before !== undefined && (await isAncestor(branch.objects, before.head, head));
  const seen = isBefore ? before : undefined;
  const grown = seen && (await judgeLine(branch, head, seen));
  if (grown) return withCulprits(branch, grown);
  return judgeFromStart(branch, head, seen);
}

/** Judges from the beginning of the line; trusts nothing from the cache except what was seen. */
export async function judgeFromStart(
  branch: JudgedBranch,
  head: string,
  seen?: Judgement,
): Promise<Judgement> {
  const fresh = (await judgeLine(branch, head))!;
  return withCulprits(branch, seen ? await withSeen(branch, fresh, seen) : fresh);
}

/** Adds to a fresh judgement the events that were seen with other content before. */
async function withSeen(
  { repository, objects }: JudgedBranch,
  fresh: Judgement,
  seen: Judgement,
): Promise<Judgement> {
  const [was, is] = [
    await filesOf(objects, seen.head, repository.prefix),
    await filesOf(objects, fresh.head, repository.prefix),
  ];
  for (const [path, { first }] of seen.edited) was.set(path, first);
  const edited = new Map(fresh.edited);
  for (const [path, first] of was) {
    const counted = edited.get(path)?.first ?? is.get(path);
    if (counted?.oid === first.oid) continue;
    edited.set(path, { first, now: is.get(path), trail: [{ commit: fresh.head, to: is.get(path) }] });
  }
  return { ...fresh, edited };
}

/**
 * Walks the first-parent line of the shared branch and returns the events that differ from their first version on it. Continues an
 * earlier judgement if the line contains its head; else returns undefined, and the whole line has to be walked.
 */
async function judgeLine(
  { repository, objects, ref }: JudgedBranch,
  head: string,
  before?: Judgement,
): Promise<Judgement | undefined> {
  const asked = await HistoryAsked.ask(objects, head, before?.head);
  return judgeFolder(asked, { ref, prefix: repository.prefix }, head, before);
}

async function judgeFolder(
  asked: HistoryAsked,
  { ref, prefix }: { ref: string; prefix: string },
  head: string,
  before?: Judgement,
): Promise<Judgement | undefined> {
  const walked = lineOf(asked, ref, head, before?.head);
  if (!walked) return undefined;
  const edited = new Map(
    [...(before?.edited ?? [])].map(([path, it]) => [path, { ...it, trail: [...it.trail] }]),
  );
  const notes = [...(before?.notes ?? [])];
  const namesakes = namesakesOf(asked, ref, walked);
  let line = walked;
  if (prefix !== '' && !before) {
    const judgeAt = (commit: string, folder: string) => judgeFolder(asked, { ref, prefix: folder }, commit);
    const beginning = await beginningOf(asked, prefix, walked, judgeAt);
    if (beginning) {
      for (const [path, it] of beginning.edited) edited.set(path, it);
      notes.push(...beginning.notes);
      line = walked.slice(beginning.start);
    }
  }
  const pairs = line.map(({ commit, parent }): Pair => ({ commit, parent }));
  const order = new Map(line.map(({ commit }, place) => [commit, place]));
  const found = await asked.changes(pairs, prefix);
  found.push(...(await changesOfNamesakes(asked, prefix, namesakes, order)));
  // Additions matter only for deleted events, which may have come back.
  const gone = new Set(found.filter(({ after }) => !after).map(({ path }) => path));
  for (const [path, { now }] of edited) if (!now) gone.add(path);
  if (gone.size > 0) found.push(...(await asked.changes(pairs, prefix, { added: true, paths: [...gone] })));
  const sides = await droppedFromSides(asked, line, prefix);
  found.push(...sides.dropped);
  notes.push(...sides.notes);
  for (const change of found.sort((a, b) => order.get(a.commit)! - order.get(b.commit)!))
    take(edited, change);
  return { head, edited, notes };
}

/** The heads of the shared branch, oldest first; undefined if the line lacks the commit to continue from. */
function lineOf(
  asked: HistoryAsked,
  ref: string,
  head: string,
  since: string | undefined,
): LineCommit[] | undefined {
  const line: LineCommit[] = [];
  for (let at: string | undefined = head; at !== undefined && at !== since; ) {
    const parents: string[] | undefined = asked.parents.get(at);
    if (!parents) return undefined;
    const place = sharedParentOf(asked.merge(at), ref);
    line.push({
      commit: at,
      parent: parents[place],
      place,
      others: parents.filter((_, index) => index !== place),
    });
    at = parents[place];
  }
  return line.reverse();
}

/** A commit of the other line, if both parents of a merge are named like the shared branch: its changes count too. */
interface Namesake extends Pair {
  merge: LineCommit;
}

function namesakesOf(asked: HistoryAsked, ref: string, line: LineCommit[]): Namesake[] {
  const seen = new Set(line.map(({ commit }) => commit));
  const found: Namesake[] = [];
  for (const merge of line) {
    if (merge.place === 0 || !joinsNamesakes(asked.merge(merge.commit), ref)) continue;
    for (let at = merge.others[0]; at !== undefined && !seen.has(at); ) {
      const parents: string[] | undefined = asked.parents.get(at);
      if (!parents) break;
      seen.add(at);
      const parent: string | undefined = parents[sharedParentOf(asked.merge(at), ref)];
      if (parent !== undefined) found.push({ commit: at, parent, merge });
      at = parent;
    }
  }
  return found.reverse();
}

async function changesOfNamesakes(
  asked: HistoryAsked,
  prefix: string,
  namesakes: Namesake[],
  order: Map<string, number>,
): Promise<EventChange[]> {
  if (namesakes.length === 0) return [];
  const mergeOf = new Map(namesakes.map((it) => [it.commit, it.merge]));
  const found = await asked.changes(namesakes, prefix);
  // They happened before the merge that brought them, but after the head that it followed.
  for (const [index, { commit, merge }] of namesakes.entries())
    order.set(commit, (order.get(merge.commit) ?? 0) - 1 + (index + 1) / (namesakes.length + 2));
  const there = await asked.oidsAt(
    found.map(({ commit, path }) => ({ commit: mergeOf.get(commit)!.parent!, path: prefix + path })),
  );
  // A different event of the line at that path is a conflict, which the merge has resolved.
  return found.filter(({ before }, index) => there[index] === undefined || there[index] === before?.oid);
}
