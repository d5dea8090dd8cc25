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
 * Restores damaged objects from other packs, checked-out files or the remote. Deletes nothing: unreadable files are moved to
 * `vports/damaged`. Returns what is still damaged. Requires the writer lock.
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

/** A loose object hides the same object in a pack. */
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

function packsOf({ commondir }: Repository): string[] {
  const folder = join(commondir, 'objects/pack');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const packs = names.flatMap((name) => /^(pack-[0-9a-f]{40})\.(?:pack|idx)$/.exec(name)?.[1] ?? []);
  return [...new Set(packs)].map((name) => join(folder, name));
}

/** Rebuilds the index of a pack; of a damaged pack, unpacks all readable objects. */
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

/** Checked-out files contain most of a registry's blobs. */
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

/** Fetches everything as for a new clone: git assumes that what its refs reach exists. */
async function takeFromRemote(repository: Repository, url: string): Promise<void> {
  const place = join(privateFolder(repository), 'fetched-anew');
  rmSync(place, { recursive: true, force: true });
  try {
    makeBareFolder(place);
    await openTransport({ ...repository, gitdir: place, commondir: place, worktree: null }, url).fetch();
    const [from, to] = [join(place, 'objects'), join(repository.commondir, 'objects')];
    for (const name of filesBelow(from, '.')
      .filter((it) => /\/(pack\/pack-|[0-9a-f]{2}\/)/.test(it))
      // git sees a pack once its index exists.
      .sort((a, b) => Number(a.endsWith('.idx')) - Number(b.endsWith('.idx')))) {
      const target = join(to, name);
      if (existsSync(target)) continue;
      mkdirSync(join(target, '..'), { recursive: true });
      rename(join(from, name), target);
    }
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
