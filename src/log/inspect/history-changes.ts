import { EVENTS } from '../../../events/event-path.js';
import { listRange } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import { type RawChange, rawDiff } from '../git/program/raw-diff.js';
import type { Repository } from '../git/repository.js';

/** A change of a file by a commit. Paths start at the registry's root. */
export interface FileChange extends RawChange {
  /** Whether the merge declares the loss intended, as `vports resolve` does. */
  settled: boolean;
}

/**
 * Changes of files below `events/` by the commits of `head`, without those of others, oldest first; merges on the first-parent line
 * are compared with their first parent, others skipped. Undefined if git fails.
 *
 * The parsed output contains no text written by people, only object names and paths.
 */
export async function changesOf(
  repository: Repository,
  objects: Objects,
  head: string,
  without: string[] = [],
): Promise<FileChange[] | undefined> {
  const { commondir, prefix } = repository;
  const all = await listRange(commondir, { heads: [head], without }, ['--topo-order', '--reverse']);
  if (all === undefined) return undefined;
  const main = new Set<string>();
  for (let at: string | undefined = head; at !== undefined && all.has(at); at = all.get(at)![0]) main.add(at);
  const asked = [...all].flatMap(([commit, parents]) => {
    if (parents.length < 2) return [commit];
    return main.has(commit) ? [`${commit} ${parents[0]}`] : [];
  });
  if (asked.length === 0) return [];
  const raw = await rawDiff(commondir, asked, [`${prefix}${EVENTS}`], ['--root']);
  if (raw === undefined) return undefined;
  const merges = new Set(asked.filter((it) => it.includes(' ')).map((it) => it.slice(0, 40)));
  const found = raw.map((it) => ({ ...it, path: it.path.slice(prefix.length) }));
  const settled = new Map<string, Set<string>>();
  for (const { commit } of found) {
    if (!merges.has(commit) || settled.has(commit)) continue;
    const { message } = await objects.readCommit(commit);
    const dropped = [...message.matchAll(/^Vports-Dropped: (.*)$/gm)].map(([, path]) => path!);
    settled.set(commit, new Set(dropped));
  }
  return found.map((it) => ({ ...it, settled: settled.get(it.commit)?.has(it.path) ?? false }));
}
