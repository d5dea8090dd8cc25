import { join } from 'node:path';
import { errno } from '../../errors.js';
import { readRegularBytes, readRegularText } from '../../files/regular-file.js';
import { readdirSync } from '../../world/files.js';
import { gitOrWhy } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';

/** An object of a repository that is missing, or is not what its name says. */
export interface DamagedObject {
  oid: string;
  /** In git's words: `missing blob`. */
  what: string;
  /** What refers to it: `tree OID`, a ref; and its path in the newest commit. */
  referrer?: string | undefined;
}

export interface ObjectDamage {
  objects: DamagedObject[];
  /** Names of packs that git says something of: `pack-…`, without an ending. */
  packs: string[];
}

/**
 * What git finds wrong with the objects of a repository and with what its branches reach; undefined where git is not there to be asked.
 * git runs in a folder of its own, and obeys nothing of the repository.
 */
export async function findObjectDamage(repository: Repository): Promise<ObjectDamage | undefined> {
  const heads = headsOf(repository);
  const options = ['--full', '--no-dangling', '--no-reflogs', '--no-progress'];
  const { commondir } = repository;
  const { status, stdout, stderr } = await gitOrWhy(['fsck', ...options, ...heads.values()], { commondir });
  if (status === null) return undefined;
  const said = `${stdout.toString('latin1')}\n${stderr}`;
  const referrers = new Map(
    [...said.matchAll(/^broken link from +(\w+ [0-9a-f]{40})\n +to +\w+ ([0-9a-f]{40})$/gm)].map(
      ([, from, to]) => [to!, from!],
    ),
  );
  for (const [ref, oid] of heads) if (!referrers.has(oid)) referrers.set(oid, ref);
  const found = new Map<string, DamagedObject>();
  for (const line of said.split('\n').filter((it) => /^(missing|error|fatal)\b/.test(it)))
    for (const [oid] of line.replace(/([0-9a-f]{2})[\\/]([0-9a-f]{38})\b/g, '$1$2').matchAll(OID)) {
      const [, missing] = /^missing (\w+) /.exec(line) ?? [];
      const what = missing ? `missing ${missing}` : (found.get(oid)?.what ?? 'damaged object');
      found.set(oid, { oid, what, referrer: referrers.get(oid) });
    }
  // An object that only a found one refers to is reported with it.
  for (const [to, from] of referrers)
    if (!found.has(to) && /^(commit|tree|tag) /.test(from))
      found.set(to, { oid: to, what: 'missing object', referrer: from });
  const packs = new Set([...said.matchAll(/pack-[0-9a-f]{40}/g)].map(([name]) => name));
  return { objects: [...found.values()], packs: [...packs] };
}

/** Not the name of a pack. */
const OID = /(?<![0-9a-f-])[0-9a-f]{40}(?![0-9a-f])/g;

/** Where each branch is, and vports' own refs, by name; what is no ref is left out. */
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
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? filesBelow(join(folder, entry.name), `${name}/${entry.name}`)
        : [`${name}/${entry.name}`],
    );
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return [];
  }
}

/** The lines of a text file; none where it cannot be read. */
export function linesOf(path: string): string[] {
  try {
    return readRegularText(path)
      .split('\n')
      .map((it) => it.trim());
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return [];
  }
}

/** The bytes of a file; undefined where it cannot be read. */
export function bytesOf(path: string): Buffer | undefined {
  try {
    return readRegularBytes(path, 2 ** 31);
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return undefined;
  }
}
