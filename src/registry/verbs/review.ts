import type { Repository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { type Change, changesBetween, type RangeChange, rangeChanges } from '../../review/changes.js';
import { checkLog, type Problem } from '../../review/rules.js';
import { verify } from './verify.js';

export interface Review {
  ok: boolean;
  changes: Change[];
  ranges: RangeChange[];
  problems: Problem[];
}

/**
 * What a branch means for the ports: what it changes since it left `base`, how full ranges get once it is merged into what
 * `base` is by now, and what breaks a rule. Throws BAD_REVISION.
 */
export async function review(
  repository: Repository,
  { base, head, now = Date.now() }: { base: string; head?: string | undefined; now?: number | undefined },
): Promise<Review> {
  const audit = new Audit(repository);
  try {
    const [from, to] = [await audit.commit(base), await audit.commit(head)];
    const fork = (await audit.commonAncestor(from, to)) ?? from;
    const [atFork, atHead, atBase] = await Promise.all([fork, to, from].map((commit) => audit.files(commit)));
    const texts = await audit.texts([...atFork!.values(), ...atHead!.values(), ...atBase!.values()]);
    const logOf = (files: Map<string, string>) =>
      checkLog(new Map([...files].map(([path, oid]) => [path, texts.get(oid)!])), now);
    const [before, after, theirs] = [logOf(atFork!), logOf(atHead!), logOf(atBase!)];
    const merged = logOf(new Map([...atBase!, ...atHead!]));
    const events = new Map([...after.events].filter(([path]) => atFork!.get(path) !== atHead!.get(path)));
    const changes = changesBetween(before.holdings, after.holdings, events);
    const { problems } = await verify(repository, { base, head, now });
    const policy = await audit.policy(to).catch(() => undefined);
    const ranges = policy ? rangeChanges(policy, theirs.holdings, merged.holdings, changes) : [];
    return { ok: problems.length === 0, changes, ranges, problems };
  } finally {
    audit.close();
  }
}
