import { basename, join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { existsSync, readdirSync } from '../../world/files.js';
import { makeBareFolder } from '../git/durable-fs.js';
import { mkdirSync, rename, rmSync } from '../git/guarded-files.js';
import { Objects, objectName } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { checkouts } from '../git/worktrees.js';
import { openTransport } from '../remote/open-transport.js';
import { remoteOf } from '../remote/remote-of.js';
import { bytesOf, type DamagedObject, filesBelow, findObjectDamage } from './damaged-objects.js';

/**
 * Puts back what it can of damaged objects: what is in another pack, in a checked-out file, or at the remote. Nothing is deleted: what
 * cannot be read is put aside in `vports/damaged`. Gives what is still damaged. Only the writer of this machine may call it.
 */
export async function mendObjects(repository: Repository): Promise<DamagedObject[]> {
  const before = await findObjectDamage(repository);
  if (!before) return [];
  for (const { oid } of before.objects) putLooseAside(repository, oid);
  for (const pack of packsOf(repository)) await mendPack(repository, pack);
  let left = (await findObjectDamage(repository))?.objects ?? [];
  if (left.length > 0) {
    await takeFromCheckouts(repository, new Set(left.map(({ oid }) => oid)));
    left = (await findObjectDamage(repository))?.objects ?? [];
  }
  const remote = remoteOf(repository);
  if (left.length > 0 && remote) {
    await takeFromRemote(repository, remote.url);
    left = (await findObjectDamage(repository))?.objects ?? [];
  }
  return left;
}

/** A file of its own hides the same object in a pack. */
function putLooseAside(repository: Repository, oid: string): void {
  const path = join(repository.commondir, 'objects', oid.slice(0, 2), oid.slice(2));
  const bytes = bytesOf(path);
  if (bytes === undefined || isWhole(bytes, oid)) return;
  putAside(repository, path, oid);
}

function isWhole(deflated: Buffer, oid: string): boolean {
  try {
    const whole = inflateSync(deflated);
    const end = whole.indexOf(0);
    const [type = ''] = whole.toString('latin1', 0, end).split(' ');
    return objectName(type as 'blob', whole.subarray(end + 1)) === oid;
  } catch {
    return false;
  }
}

function putAside(repository: Repository, path: string, name = basename(path)): string {
  const folder = join(privateFolder(repository), 'damaged');
  mkdirSync(folder, { recursive: true });
  rename(path, join(folder, name));
  return join(folder, name);
}

/** Paths of the packs of a repository, without an ending. */
function packsOf({ commondir }: Repository): string[] {
  const folder = join(commondir, 'objects/pack');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const packs = names.flatMap((name) => /^(pack-[0-9a-f]{40})\.(?:pack|idx)$/.exec(name)?.[1] ?? []);
  return [...new Set(packs)].map((name) => join(folder, name));
}

/** An index is made anew from its pack; of a pack that is damaged itself, all objects that can be read become files of their own. */
async function mendPack(repository: Repository, pack: string): Promise<void> {
  const { commondir } = repository;
  if (await git(['verify-pack', `${pack}.idx`], { commondir })) return;
  for (const ending of ['idx', 'rev', 'bitmap'])
    if (existsSync(`${pack}.${ending}`)) putAside(repository, `${pack}.${ending}`);
  if (!existsSync(`${pack}.pack`)) return;
  if (await git(['index-pack', `${pack}.pack`], { commondir })) return;
  const aside = putAside(repository, `${pack}.pack`);
  await git(['unpack-objects', '-r', '-q'], { commondir, input: bytesOf(aside) });
}

/** Where a registry is checked out, most of what it says lies there too. */
async function takeFromCheckouts(repository: Repository, wanted: ReadonlySet<string>): Promise<void> {
  const objects = new Objects(repository.commondir);
  try {
    for (const { worktree } of checkouts(repository)) {
      const root = join(worktree, repository.prefix);
      for (const file of filesBelow(root, root).filter((it) => !it.includes('/.git/'))) {
        const bytes = bytesOf(file);
        if (bytes && wanted.has(objectName('blob', bytes))) objects.stage('blob', bytes);
      }
    }
    await objects.flush();
  } finally {
    objects.close();
  }
}

/** All that the remote has, fetched as by a new clone: git takes for granted what its refs reach. */
async function takeFromRemote(repository: Repository, url: string): Promise<void> {
  const place = join(privateFolder(repository), 'fetched-anew');
  rmSync(place, { recursive: true, force: true });
  try {
    makeBareFolder(place);
    await openTransport({ ...repository, gitdir: place, commondir: place, worktree: null }, url).fetch();
    const [from, to] = [join(place, 'objects'), join(repository.commondir, 'objects')];
    for (const name of filesBelow(from, '.')
      .filter((it) => /\/(pack\/pack-|[0-9a-f]{2}\/)/.test(it))
      .sort(indexesLast)) {
      const target = join(to, name);
      if (existsSync(target)) continue;
      mkdirSync(join(target, '..'), { recursive: true });
      rename(join(from, name), target);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** A pack is there for git once its index is. */
function indexesLast(a: string, b: string): number {
  return Number(a.endsWith('.idx')) - Number(b.endsWith('.idx'));
}
