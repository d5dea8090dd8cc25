import type { Objects } from './objects.js';
import { git } from './program/git-program.js';
import type { Repository } from './repository.js';

/** Whether a commit can be reached from another one, or is the same. By git, else by walking the commits. */
export async function isAncestor(
  repository: Repository,
  objects: Objects,
  ancestor: string,
  of: string,
): Promise<boolean> {
  if (ancestor === of) return true;
  const asked = await git(['merge-base', '--is-ancestor', ancestor, of], { commondir: repository.commondir });
  if (asked) return true;
  return (await git(['--version'])) ? false : reaches(objects, of, ancestor);
}

/** The commits that one commit has and another has not, the newest first. By git, else by walking the commits. */
export async function commitsWithout(
  repository: Repository,
  objects: Objects,
  head: string,
  without: string,
): Promise<string[]> {
  const asked = await git(['rev-list', head, `^${without}`], { commondir: repository.commondir });
  if (asked) return asked.toString('latin1').split('\n').filter(Boolean);
  const known = await ancestorsOf(objects, without);
  return [...(await ancestorsOf(objects, head, known))];
}

/** A commit and all before it, but for those of `except` and what is before them. */
async function ancestorsOf(
  objects: Objects,
  head: string,
  except: ReadonlySet<string> = new Set(),
): Promise<Set<string>> {
  const seen = new Set<string>();
  const open = [head];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at) || except.has(at)) continue;
    seen.add(at);
    open.push(...(await objects.readCommit(at)).parents);
  }
  return seen;
}

async function reaches(objects: Objects, from: string, wanted: string): Promise<boolean> {
  const seen = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === wanted) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...(await objects.readCommit(at)).parents);
  }
  return false;
}
