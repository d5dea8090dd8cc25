import { EVENTS } from '../../../events/event-path.js';
import type { Objects } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';

/** What a commit did to a file of the log. Paths start at the registry's root. */
export interface FileChange {
  commit: string;
  status: 'A' | 'M' | 'D';
  path: string;
  /** Name of the blob that stood there, and of what it put there; undefined for none. */
  before: string | undefined;
  after: string | undefined;
  /** Whether the merge says that this went on purpose: `vports resolve` writes that. */
  settled: boolean;
}

/**
 * What the commits of `head`, without those of others, did to files below `events/`, the oldest first; a merge by what it did
 * to its first parent, on the line of first parents only. Undefined where git cannot be asked: that is no answer.
 *
 * Nothing that people write stands in what is read: commits are named by number, and paths by their place.
 */
export async function changesOf(
  repository: Repository,
  objects: Objects,
  head: string,
  without: string[] = [],
): Promise<FileChange[] | undefined> {
  const range = [head, ...without.map((it) => `^${it}`)];
  const ask = async (args: string[], input?: string) =>
    (await git(['--literal-pathspecs', ...args], { commondir: repository.commondir, input }))?.toString(
      'utf8',
    );
  const all = await ask(['rev-list', '--topo-order', '--reverse', '--parents', ...range]);
  const line = await ask(['rev-list', '--first-parent', ...range]);
  if (all === undefined || line === undefined) return undefined;
  const main = new Set(line.split('\n'));
  const asked = all
    .split('\n')
    .filter(Boolean)
    .flatMap((entry) => {
      const [commit = '', ...parents] = entry.split(' ');
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
  const found = parseRaw(output, repository.prefix);
  const settled = new Map<string, Set<string>>();
  for (const { commit } of found) {
    if (!merges.has(commit) || settled.has(commit)) continue;
    const { message } = await objects.readCommit(commit);
    const dropped = [...message.matchAll(/^Vports-Dropped: (.*)$/gm)].map(([, path]) => path!);
    settled.set(commit, new Set(dropped));
  }
  return found.map((it) => ({ ...it, settled: settled.get(it.commit)?.has(it.path) ?? false }));
}

/** `COMMIT\0`, and for each file `:MODE MODE OID OID STATUS\0PATH\0`. */
function parseRaw(output: string, prefix: string): Omit<FileChange, 'settled'>[] {
  const fields = output.split('\0');
  const found: Omit<FileChange, 'settled'>[] = [];
  let commit = '';
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at]!;
    if (!field.startsWith(':')) {
      commit = field.trim();
      continue;
    }
    const [, , before, after, letter] = field.slice(1).split(' ');
    const path = fields[++at]!.slice(prefix.length);
    const status = letter === 'A' || letter === 'D' ? letter : 'M';
    found.push({
      commit,
      status,
      path,
      before: status === 'A' ? undefined : before,
      after: status === 'D' ? undefined : after,
    });
  }
  return found;
}
