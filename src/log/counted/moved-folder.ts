import { placeOfEvent } from '../../../events/event-path.js';
import type { HistoryAsked } from './history-asked.js';
import { type EditedEvent, type Judgement, type LineCommit, type Note, take } from './judgement.js';

interface Beginning {
  edited: Map<string, EditedEvent>;
  notes: Note[];
  /** Index in the line from which on the folder itself is judged. */
  start: number;
}

/**
 * A new folder continues the one in any parent with the same events: it was moved (`git mv`), or another repository was added (`git
 * subtree add`). `judgeAt` judges a folder up to a commit. Undefined without such a beginning.
 */
export async function beginningOf(
  asked: HistoryAsked,
  prefix: string,
  line: LineCommit[],
  judgeAt: (commit: string, folder: string) => Promise<Judgement | undefined>,
): Promise<Beginning | undefined> {
  const there = await asked.oidsAt(line.map(({ commit }) => ({ commit, path: `${prefix}events` })));
  for (let place = line.length - 1; place >= 0; place--) {
    if (there[place] === undefined || (place > 0 && there[place - 1] !== undefined)) continue;
    const { commit, parent, others } = line[place]!;
    const now = await asked.files(commit, prefix);
    for (const from of [parent, ...others]) {
      const folder =
        from && (await folderWith(asked, from, prefix, new Set([...now.values()].map(({ oid }) => oid))));
      const before = folder !== undefined && (await judgeAt(from!, folder));
      if (!before) continue;
      const edited = new Map(before.edited);
      for (const [path, { now: was }] of before.edited)
        take(edited, { commit, path, before: was, after: now.get(path) });
      for (const [path, was] of await asked.files(from!, folder))
        if (!before.edited.has(path)) take(edited, { commit, path, before: was, after: now.get(path) });
      return { edited, notes: before.notes, start: place + 1 };
    }
  }
  return undefined;
}

async function folderWith(
  asked: HistoryAsked,
  commit: string,
  except: string,
  events: ReadonlySet<string>,
): Promise<string | undefined> {
  const counts = new Map<string, number>();
  for (const { path, oid } of await asked.allFiles(commit)) {
    const at = path.startsWith('events/') ? 0 : path.indexOf('/events/') + 1;
    const folder = path.slice(0, at);
    if ((at === 0 && !path.startsWith('events/')) || folder === except) continue;
    if (placeOfEvent(path.slice(at)) && events.has(oid)) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
