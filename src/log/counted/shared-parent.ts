import { branchName } from '../git/ref-name.js';

interface Merge {
  parents: string[];
  message: string;
}

/**
 * Index of the parent that was the head of the shared branch: the first, unless the merge says that the shared branch was merged
 * into another one, by the trailer of vports or by the default subjects of git, the hosts and vports (also of its older versions).
 */
export function sharedParentOf({ parents, message }: Merge, shared: string): number {
  if (parents.length < 2) return 0;
  const trailer = /^Vports-Shared: ([0-9a-f]{40})$/m.exec(message)?.[1];
  if (trailer !== undefined && parents.includes(trailer)) return parents.indexOf(trailer);
  const branch = branchName(shared);
  const subject = subjectOf(message);
  const into = /^Merge (?:the shared branch|what all share) into (.+)$/.exec(subject)?.[1];
  if (into !== undefined) return into === branch ? 0 : 1;
  const atHost = /^Merged (\S+) into (\S+)$/.exec(subject);
  if (atHost) return atHost[1] === branch && atHost[2] !== branch ? 1 : 0;
  const byGit = BY_GIT.exec(subject);
  if (!byGit || byGit[3] === branch) return 0;
  const [, isTracking, names] = byGit;
  const merged = [...names!.matchAll(/'([^']+)'/g)].map(([, name]) =>
    isTracking ? name!.replace(/^[^/]+\//, '') : name!,
  );
  const place = merged.indexOf(branch);
  if (place < 0) return 0;
  return merged.length === parents.length ? place : Math.min(place + 1, parents.length - 1);
}

/** Whether both parents are branches named like the shared branch, as after `git pull`: either may have been the shared one. */
export function joinsNamesakes({ parents, message }: Merge, shared: string): boolean {
  const subject = subjectOf(message);
  const [, name] = /^Merge (?:remote-tracking )?branch '(.+?)' of \S/.exec(subject) ?? [];
  return name === branchName(shared) && parents.length === 2 && !/ into \S+$/.test(subject);
}

/** `Merge branch 'main' into x`, `Merge branches 'a' and 'b'`, `Merge remote-tracking branch 'origin/main' into x`. */
const BY_GIT = /^Merge (remote-tracking )?branch(?:es)? ('.*?')(?: of (?:.*?))?(?: into '?(.+?)'?)?$/;

function subjectOf(message: string): string {
  return message.split('\n', 1)[0]!;
}
