import { join } from 'node:path';
import { unlessSystemRefuses } from '../../attempt.js';
import { readRegularBytes, readRegularText } from '../../files/regular-file.js';
import { readdirSync } from '../../world/files.js';
import { gitOrWhy } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';

export interface DamagedObject {
  oid: string;
  /** In git's words: `missing blob`. */
  what: string;
  /** What refers to it: `tree OID` or a ref. */
  referrer?: string | undefined;
}

export interface ObjectDamage {
  objects: DamagedObject[];
  /** Names of packs in git's complaints: `pack-…`, without extension. */
  packs: string[];
}

/**
 * Damaged objects according to git fsck, including what the branches reach; undefined if git is missing. git runs in a separate folder and
 * ignores the repository's configuration.
 */
export async function findObjectDamage(repository: Repository): Promise<ObjectDamage | undefined> {
  const heads = headsOf(repository);
  const options = ['--full', '--no-dangling', '--no-reflogs', '--no-progress'];
  const { commondir } = repository;
  const { status, stdout, stderr } = await gitOrWhy(['fsck', ...options, ...heads.values()], { commondir });
  if (status === null) return undefined;
  const output = `${stdout.toString('latin1')}\n${stderr}`;
  const referrers = new Map(
    [...output.matchAll(/^broken link from +(\w+ [0-9a-f]{40})\n +to +\w+ ([0-9a-f]{40})$/gm)].map(
      ([, from, to]) => [to!, from!],
    ),
  );
  for (const [ref, oid] of heads) if (!referrers.has(oid)) referrers.set(oid, ref);
  const found = new Map<string, DamagedObject>();
  for (const line of output.split('\n').filter((it) => /^(missing|error|fatal)\b/.test(it)))
    for (const [oid] of line.replace(/([0-9a-f]{2})[\\/]([0-9a-f]{38})\b/g, '$1$2').matchAll(OID)) {
      const [, missing] = /^missing (\w+) /.exec(line) ?? [];
      const what = missing ? `missing ${missing}` : (found.get(oid)?.what ?? 'damaged object');
      found.set(oid, { oid, what, referrer: referrers.get(oid) });
    }
  // Objects reachable only through a damaged one are reported with it.
  for (const [to, from] of referrers)
    if (!found.has(to) && /^(commit|tree|tag) /.test(from))
      found.set(to, { oid: to, what: 'missing object', referrer: from });
  const packs = new Set([...output.matchAll(/pack-[0-9a-f]{40}/g)].map(([name]) => name));
  return { objects: [...found.values()], packs: [...packs] };
}

const OID = /(?<![0-9a-f-])[0-9a-f]{40}(?![0-9a-f])/g;

/** The heads of branches and of vports' own refs, by name; without invalid refs. */
function headsOf({ commondir }: Repository): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of linesOf(join(commondir, 'packed-refs'))) {
    const [, oid, ref] = /^([0-9a-f]{40}) (refs\/(?:heads|vports)\/.*)$/.exec(line) ?? [];
    if (oid !== undefined) found.set(ref!, oid);
  }
  for (const folder of ['refs/heads', 'refs/vports'])
    for (const file of filesBelow(join(commondir, folder), folder)) {
      const [line = ''] = linesOf(join(commondir, file));
      if (/^[0-9a-f]{40}$/.test(line)) found.set(file, line);
    }
  return found;
}

export function filesBelow(folder: string, name: string): string[] {
  const entries = unlessSystemRefuses(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.flatMap((entry) =>
    entry.isDirectory()
      ? filesBelow(join(folder, entry.name), `${name}/${entry.name}`)
      : [`${name}/${entry.name}`],
  );
}

export function linesOf(path: string): string[] {
  const text = unlessSystemRefuses(() => readRegularText(path));
  return text === undefined ? [] : text.split('\n').map((it) => it.trim());
}

export function bytesOf(path: string): Buffer | undefined {
  return unlessSystemRefuses(() => readRegularBytes(path, 2 ** 31));
}
