import { parseCommit } from '../git/commit.js';
import type { Objects } from '../git/objects.js';
import { readTexts } from '../git/program/bulk-read.js';
import { hasGit } from '../git/program/git-program.js';

/** Messages by commit; by one git, else object by object. Leaves out those that are too large. */
export async function messagesOf(objects: Objects, commits: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const take = (text: string | undefined, index: number) => {
    const message = text && parseCommit(Buffer.from(text))?.message;
    if (message !== undefined) found.set(commits[index]!, message);
  };
  if (commits.length === 0) return found;
  if (hasGit() && (await readTexts(objects.commondir, commits, take))) return found;
  for (const [index, oid] of commits.entries()) take((await objects.readEvents([oid])).get(oid), index);
  return found;
}
