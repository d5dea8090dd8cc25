import { basename, dirname, join } from 'node:path';
import { errno, VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { existsSync, readdirSync, statSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { withWriteErrors } from '../append/write-errors.js';
import { syncFolder, syncTree } from '../git/durable-fs.js';
import { mkdirSync, realPath, rename, rmSync, writeNew, writeWhole } from '../git/guarded-files.js';
import { RefUpdate, reflogLine } from '../git/refs.js';
import { openRepository } from '../git/repository.js';
import { FetchedRefs } from '../remote/fetched-refs.js';
import { openTransport, remoteRefs } from '../remote/open-transport.js';
import { withoutSecrets } from '../remote/remote-url.js';

/**
 * Creates the bare clone of a registry. A final rename makes one of several concurrent clones win. Throws REMOTE_UNREACHABLE, REGISTRY_NOT_FOUND for
 * a remote without branches, UNSUPPORTED_REPOSITORY if git is needed but missing.
 */
export async function cloneRegistry(url: string, place: string): Promise<void> {
  if (existsSync(place)) return;
  const path = realPath(place);
  await withWriteErrors(path, async () => {
    mkdirSync(dirname(path), { recursive: true });
    removeLeft(path);
    const building = join(dirname(path), `.${basename(path)}.${world.randomBytes(6).toString('hex')}`);
    try {
      await build(url, building);
      syncTree(building);
      rename(building, path);
      syncFolder(dirname(path));
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(errno(error) ?? '')) throw error;
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  });
}

/** Removes what killed clones left: no clone takes an hour. */
function removeLeft(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    const left = join(dirname(path), name);
    if (!name.startsWith(`.${basename(path)}.`)) continue;
    const since = statSync(left, { throwIfNoEntry: false })?.mtimeMs ?? world.now();
    if (world.now() - since > LONG_AGO) ignoreErrors(() => rmSync(left, { recursive: true, force: true }));
  }
}

/** Milliseconds. */
const LONG_AGO = 3_600_000;

async function build(url: string, gitdir: string): Promise<void> {
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    mkdirSync(join(gitdir, part), { recursive: true });
  }
  writeNew(join(gitdir, 'HEAD'), 'ref: refs/heads/main\n');
  writeNew(join(gitdir, 'config'), configFor(url), { mode: 0o600 });
  const repository = openRepository(gitdir);
  const transport = openTransport(repository, url);
  if (!world.openTransport) requireFewBranches(url, (await remoteRefs(url)).length);
  await transport.fetch();
  const branch = (await transport.defaultBranch()) ?? 'refs/heads/main';
  const head = new FetchedRefs(repository).at(branch);
  if (head === undefined) throw empty(url);
  writeWhole(join(gitdir, 'HEAD'), `ref: ${branch}\n`);
  const update = await RefUpdate.begin(repository, branch, undefined, head);
  update.finish(reflogLine({ old: undefined, next: head }, 'clone'));
}

/** Readers read each branch for claims; a remote with more branches is meant to keep them busy. */
const MOST_BRANCHES = 20_000;

function requireFewBranches(url: string, count: number): void {
  if (count <= MOST_BRANCHES) return;
  throw new VportsError(
    'UNSUPPORTED_REPOSITORY',
    `${withoutSecrets(url)} has ${count} branches; vports supports at most ${MOST_BRANCHES}`,
    { hint: 'delete merged branches', details: { remote: withoutSecrets(url), branches: count } },
  );
}

/** The URL may contain a token: the file is readable by its user only. */
export function configFor(url: string): string {
  const quoted = url.replace(/[\\"]/g, '\\$&');
  return `[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tlogAllRefUpdates = true\n[remote "origin"]\n\turl = "${quoted}"\n`;
}

function empty(url: string): VportsError {
  return new VportsError(
    'REGISTRY_NOT_FOUND',
    `${withoutSecrets(url)} is not a registry: it has no commits`,
    {
      hint: '`vports init DIR --remote URL` creates one and pushes it there',
      details: { remote: withoutSecrets(url) },
    },
  );
}
