import { EVENTS } from '../../../events/event-path.js';
import { listRange } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import { parseRawDiff, type RawChange } from '../git/program/raw-diff.js';
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
  const ask = async (args: string[], input?: string) =>
    (await git(['--literal-pathspecs', ...args], { commondir: repository.commondir, input }))?.toString(
      'utf8',
    );
  const all = await listRange(repository, { heads: [head], without }, ['--topo-order', '--reverse']);
  if (all === undefined) return undefined;
  const main = new Set<string>();
  for (let at: string | undefined = head; at !== undefined && all.has(at); at = all.get(at)![0]) main.add(at);
  const asked = [...all].flatMap(([commit, parents]) => {
    if (parents.length < 2) return [commit];
    return main.has(commit) ? [`${commit} ${parents[0]}`] : [];
  });
  if (asked.length === 0) return [];
  const options = ['--stdin', '--root', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff'];
  const output = await ask(
    ['diff-tree', ...options, '--', `${repository.prefix}${EVENTS}`],
    `${asked.join('\n')}\n`,
  );
  if (output === undefined) return undefined;
  const merges = new Set(asked.filter((it) => it.includes(' ')).map((it) => it.slice(0, 40)));
  const found = parseRawDiff(output).map((it) => ({ ...it, path: it.path.slice(repository.prefix.length) }));
  const settled = new Map<string, Set<string>>();
  for (const { commit } of found) {
    if (!merges.has(commit) || settled.has(commit)) continue;
    const { message } = await objects.readCommit(commit);
    const dropped = [...message.matchAll(/^Vports-Dropped: (.*)$/gm)].map(([, path]) => path!);
    settled.set(commit, new Set(dropped));
  }
  return found.map((it) => ({ ...it, settled: settled.get(it.commit)?.has(it.path) ?? false }));
}
