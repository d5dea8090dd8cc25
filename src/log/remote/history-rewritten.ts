import { EVENTS } from '../../../events/event-path.js';
import { allDone } from '../../all-done.js';
import { VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { commitsWithout, isAncestor } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';

/** The error for a remote whose branch lost commits that it had when last seen. */
export async function rewritten(
  repository: Repository,
  objects: Objects,
  remote: string,
  seen: string,
  found: string,
): Promise<VportsError> {
  const back = await isAncestor(objects, found, seen);
  const gitdir = repository.commondir;
  const place = `${repository.prefix}${EVENTS}`;
  const [then, now] = await allDone(
    [seen, found].map(async (commit) => objects.treeAt((await objects.readCommit(commit)).tree, place)),
  );
  const differences = await treeDifference(objects, then, now, place);
  const missing = differences.filter(({ after }) => after === undefined).map(({ path }) => path);
  const changed = differences.filter(({ before, after }) => before && after).map(({ path }) => path);
  const commits = await commitsWithout(objects, seen, found);
  const events = [eventsInWords(missing, 'missing'), eventsInWords(changed, 'changed')].filter(
    (it) => it !== '',
  );
  const what = back
    ? `went back to ${found.slice(0, 10)}`
    : `moved to ${found.slice(0, 10)}, which no longer contains it`;
  return new VportsError(
    'HISTORY_REWRITTEN',
    `the history of ${remote} was rewritten: last seen at ${seen.slice(0, 10)}, it ${what}; ${counted(commits.length, 'commit')} gone${events.map((it) => `, ${it}`).join('')}`,
    {
      hint: `${gitdir} still has them: \`git --git-dir=${shellWord(gitdir)} log ${found.slice(0, 10)}..${seen.slice(0, 10)}\`; if the rewrite is intended, remove that clone`,
      details: { seen, found, commits, missing, changed },
    },
  );
}

/** `2 events are missing (events/…, …)`; empty for none. */
function eventsInWords(paths: string[], what: string): string {
  if (paths.length === 0) return '';
  return `${counted(paths.length, 'event')} ${what} (${paths[0]}${paths.length > 1 ? ', …' : ''})`;
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what} is` : `${count} ${what}s are`;
}
