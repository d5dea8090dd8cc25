import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { FolderLease } from '../../../events/lease.js';
import { folderOf } from '../../../events/lease.js';
import { baseOf, isResourceName } from '../../../events/names.js';
import type { Holding } from '../../../events/stream.js';
import { attempt } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { linkOf } from '../../files/work-tree.js';
import { standsForMain } from '../../log/git/index.js';
import { realpathSync } from '../../world/files.js';
import type { View } from '../decide/view.js';

const LONGEST = 63;

const instanceOf = (resource: string) => resource.split('@')[1];

/** The instance of a work tree, and the folder that its leases are tied to. */
export interface InstanceHere {
  instance: string | undefined;
  lease: FolderLease;
}

/**
 * `asked` (--instance or VPORTS_INSTANCE) or, in a linked work tree, the id that git gave it; the main one has none, unless `first`, another
 * clone of the project, runs on its claims here: then it is called like its folder. Where another folder has that name by the leases of
 * this machine, it is `-2` and so on. Throws BAD_NAME.
 */
export function instanceHere(
  root: string,
  asked: string | undefined,
  view: Pick<View, 'host' | 'gone'>,
  first?: string | undefined,
): InstanceHere {
  const link = linkOf(root);
  const lease: FolderLease = { expires: null, folder: root, ...(link && { git: link.git }) };
  if (asked === 'none') return { instance: undefined, lease };
  if (asked !== undefined) return { instance: requireInstance(asked), lease };
  // An unreadable repository has no known default branch.
  if (!link || attempt(() => standsForMain(link))) {
    const name = instanceNameOf(basename(root));
    const isFirst = first === undefined || isSamePlace(first, root);
    return {
      instance: isFirst && !isKnownAs(name, lease, view) ? undefined : unusedName(name, lease, view),
      lease,
    };
  }
  return { instance: unusedName(instanceNameOf(link.id), lease, view), lease };
}

/** A clone keeps its instance name even if the first clone is gone. */
function isKnownAs(name: string, own: FolderLease, { host }: Pick<View, 'host'>): boolean {
  return [...host].some(({ resource, lease }) => instanceOf(resource) === name && isOfFolder(lease, own));
}

function isSamePlace(one: string, other: string): boolean {
  return attempt(() => realpathSync(one) === realpathSync(other)) ?? one === other;
}

/** Valid after the `@` of a resource name; other ids are hashed. */
export function instanceNameOf(id: string): string {
  const name = id.toLowerCase().replace(/[^a-z0-9._-]/g, '-');
  if (isInstance(name)) return name;
  return `wt-${createHash('sha256').update(id).digest('hex').slice(0, 8)}`;
}

function unusedName(name: string, own: FolderLease, { host, gone }: Pick<View, 'host' | 'gone'>): string {
  const leased = [...host].filter(
    ({ resource, lease }) => folderOf(lease) && instanceOf(resource) !== undefined,
  );
  const numbered = (number: number) => (number === 1 ? name : withNumber(name, number));
  const mine = new Set(
    leased.filter(({ lease }) => isOfFolder(lease, own)).map(({ resource }) => instanceOf(resource)),
  );
  const others = leased.filter(({ lease, event }) => !isOfFolder(lease, own) && !gone?.has(event));
  const taken = new Set(others.map(({ resource }) => instanceOf(resource)));
  for (let number = 1; number <= mine.size + 1; number++)
    if (mine.has(numbered(number))) return numbered(number);
  for (let number = 1; ; number++) if (!taken.has(numbered(number))) return numbered(number);
}

/** By git's own folder of the work tree, which survives a move, else by path. */
export function isOfFolder(lease: Holding['lease'], own: FolderLease): boolean {
  if (!lease || lease.expires !== null) return false;
  return lease.folder === own.folder || (own.git !== undefined && lease.git === own.git);
}

function withNumber(name: string, number: number): string {
  const suffix = `-${number}`;
  return `${name.slice(0, LONGEST - suffix.length)}${suffix}`;
}

function isInstance(name: string): boolean {
  return isResourceName(`x@${name}`) && baseOf(`x@${name}`) === 'x';
}

function requireInstance(text: string): string {
  if (isInstance(text)) return text;
  throw new VportsError('BAD_NAME', `${JSON.stringify(text.slice(0, 80))} is not a valid instance name`, {
    hint: 'use lower-case letters, digits, ".", "_" and "-", starting with a letter or digit, at most 63 characters; `none` means no instance',
    details: { name: text.slice(0, 200) },
  });
}
