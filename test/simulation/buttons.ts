import type { Chance } from './chance.js';
import type { Host } from './host.js';

/** What somebody does with an open branch on the pages of the host. */
export const BUTTONS = ['merge', 'squash', 'rebase', 'close', 'update', 'delete'] as const;

export type Button = (typeof BUTTONS)[number];

const MAIN = 'refs/heads/main';

/**
 * Presses a button of a pull request. Gives what came of it; nothing where the host would not let it be pressed, as for a branch with
 * a conflict.
 */
export function press(
  host: Host,
  button: Button,
  ref: string,
  chance: Chance,
  seconds: number,
): string | undefined {
  const main = host.refs.get(MAIN)!;
  const head = host.refs.get(ref)!;
  const branch = ref.replace('refs/heads/', '');
  const signature = `Host <host@example.com> ${seconds} +0000`;
  const isDone = host.isAncestor(head, main);
  if (button === 'close' || button === 'delete') {
    host.move(ref, undefined);
    return `${branch} closed`;
  }
  const merged = host.merged(main, head);
  if (!merged || isDone) return undefined;
  if (button === 'update') {
    // By rebase: other commits with the same files.
    let at = main;
    for (const commit of host.lineBeyond(head, main))
      at = host.putCommit(rebased(host, commit, at), commitOf(host, commit, at));
    host.move(ref, at);
    return `${branch} updated`;
  }
  if (button === 'merge')
    host.move(
      MAIN,
      host.putCommit(merged, {
        parents: [main, head],
        signature,
        message: `Merge pull request #1 from ${branch}\n`,
      }),
    );
  else if (button === 'squash')
    host.move(MAIN, host.putCommit(merged, { parents: [main], signature, message: `${branch} (#1)\n` }));
  else {
    let at = main;
    for (const commit of host.lineBeyond(head, main))
      at = host.putCommit(rebased(host, commit, at), commitOf(host, commit, at));
    host.move(MAIN, at);
  }
  if (chance.is(0.6)) host.move(ref, undefined);
  return `${branch} merged by ${button}`;
}

function commitOf(host: Host, commit: string, parent: string) {
  const { author, time, message } = host.commit(commit);
  return { parents: [parent], signature: `${author.name} <${author.email}> ${time} +0000`, message };
}

/** The files of a commit's parent with what the commit changed, on top of another one. */
function rebased(host: Host, commit: string, onto: string) {
  const [parent] = host.commit(commit).parents;
  const [before, after] = [parent ? host.filesOf(parent) : new Map<string, string>(), host.filesOf(commit)];
  const files = new Map(host.filesOf(onto));
  for (const [path, oid] of after) if (before.get(path) !== oid) files.set(path, oid);
  for (const path of before.keys()) if (!after.has(path)) files.delete(path);
  return files;
}
