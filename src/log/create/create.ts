import { basename, dirname, join, resolve } from 'node:path';
import { badUsage, errno, VportsError } from '../../errors.js';
import { namesDevice, withoutLongPrefix } from '../../files/windows-names.js';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { author } from '../append/author.js';
import { withWriteErrors } from '../append/write-errors.js';
import { signatureOf } from '../git/commit.js';
import { GitConfig } from '../git/config.js';
import { syncFolder, syncTree } from '../git/durable-fs.js';

import { mkdirSync, realPath, rename, rmSync, writeNew, writeWhole } from '../git/guarded-files.js';
import { headRef } from '../git/head.js';
import { editedIndex } from '../git/index-file.js';
import { Objects } from '../git/objects.js';
import { RefUpdate, reflogLine } from '../git/refs.js';
import { openRepository, type Repository } from '../git/repository.js';
import { GitLog } from '../git-log.js';
import { fileSystemTraits } from './file-system-traits.js';
import { newRegistryId, registryIdFor, withRegistryId } from './registry-id.js';
import type { TemplateFile, WorkflowHost } from './templates.js';

const MAIN_BRANCH = 'refs/heads/main';

const CONFIG = (bare: boolean, traits: Record<string, boolean>) => `[core]
\trepositoryformatversion = 0
\tbare = ${bare}
${Object.entries(traits)
  .map(([name, value]) => `\t${name} = ${value}\n`)
  .join('')}\tlogAllRefUpdates = true
[receive]
\tdenyCurrentBranch = updateInstead
`;

/**
 * Creates a registry in a new or empty folder, with the files of `registry-repo/` as its first commit. A final rename makes one of
 * several concurrent calls win. Returns false if the folder is a registry already. Throws CONFLICT for a folder with other files.
 */
export async function createRegistry(
  path: string,
  { bare, sign, host }: { bare: boolean; sign?: boolean | undefined; host?: WorkflowHost | undefined },
): Promise<boolean> {
  const named = withoutLongPrefix(resolve(path));
  if (process.platform === 'win32' && namesDevice(named)) {
    throw badUsage(`${named} is the name of a device on Windows`, 'choose another name');
  }
  const folder = realPath(named);
  if (isRepository(folder)) return refuseUnlessRegistry(folder, bare);
  return withWriteErrors(folder, async () => {
    try {
      await refuseOthersFiles(folder, bare, host);
    } catch (error) {
      // A folder that is no longer empty may be a registry created since we looked.
      if (isRepository(folder)) return refuseUnlessRegistry(folder, bare);
      throw error;
    }
    const target = bare ? folder : join(folder, '.git');
    makeFolder(dirname(target));
    const building = `${bare ? join(dirname(folder), `.${basename(folder)}`) : target}.${world.randomBytes(6).toString('hex')}`;
    try {
      const { template } = await import('./templates.js');
      // A registry of one machine is never signed.
      const id = sign === false ? undefined : bare ? newRegistryId() : registryIdFor(folder);
      const files = id === undefined ? template(host) : withRegistryId(template(host), id);
      await buildRepository(building, folder, { bare, sign }, files);
      if (!bare) putAll(folder, files);
      syncTree(building);
      return moveIntoPlace(building, target);
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  });
}

/** One folder at a time: if the system refuses, as in /proc, node's recursive mkdir loops for ever. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
  }
}

function isRepository(folder: string): boolean {
  return existsSync(join(folder, 'refs', 'heads')) || existsSync(join(folder, '.git'));
}

/** A repository with a policy is a registry. Throws CONFLICT for any other, and for a work tree instead of a bare repository. */
async function refuseUnlessRegistry(folder: string, bare: boolean): Promise<false> {
  const repository = openRepository(folder);
  const log = new GitLog(repository, headRef(repository.gitdir) ?? MAIN_BRANCH);
  const refuse = (what: string) =>
    new VportsError('CONFLICT', `${folder} is ${what}`, {
      hint: 'choose a new or an empty folder; `vports init --in-repo` puts a registry into a repository',
      details: { path: folder },
    });
  if (bare && repository.worktree !== null) throw refuse('a repository with a work tree');
  try {
    await log.state();
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'REGISTRY_NOT_FOUND') throw error;
    throw refuse('a git repository, but not a registry');
  } finally {
    await log.close();
  }
  return false;
}

async function buildRepository(
  gitdir: string,
  folder: string,
  { bare, sign }: { bare: boolean; sign: boolean | undefined },
  files: TemplateFile[],
): Promise<void> {
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    mkdirSync(join(gitdir, part), { recursive: true });
  }
  writeNew(join(gitdir, 'HEAD'), `ref: ${MAIN_BRANCH}\n`);
  writeNew(join(gitdir, 'config'), CONFIG(bare, fileSystemTraits(gitdir, bare)));
  const place = { gitdir, commondir: gitdir, worktree: bare ? null : folder, prefix: '' };
  const repository: Repository = { ...place, reflogs: true, config: new GitConfig([]) };
  const { person } = await author(gitdir, { shared: false });
  const objects = new Objects(gitdir);
  const staged = files.map(({ path, content }) => ({ path, oid: objects.stage('blob', content) }));
  const { root: tree } = await objects.stageFiles(
    undefined,
    new Map(staged.map(({ path, oid }) => [path, oid])),
  );
  const signature = signatureOf(person, world.now());
  const message = 'start the registry of ports';
  const oid = await objects.stageCommit({ tree, parents: [], signature, message }, { sign });
  await objects.flush();
  const reflog = reflogLine({ old: undefined, next: oid, who: signature }, 'init');
  (await RefUpdate.begin(repository, MAIN_BRANCH, undefined, oid)).finish(reflog);
  if (bare) return;
  const index = await editedIndex(gitdir, join(gitdir, 'vports', 'index'), staged);
  rename(index, join(gitdir, 'index'));
}

async function refuseOthersFiles(
  folder: string,
  bare: boolean,
  host: WorkflowHost | undefined,
): Promise<void> {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) {
    throw new VportsError('CONFLICT', `${folder} is a file`, {
      hint: 'choose another folder',
      details: { path: folder },
    });
  }
  const { template } = await import('./templates.js');
  const own = bare ? [] : template(host).map(({ path }) => path.split('/')[0]!);
  const others = readdirSync(realpathSync(folder)).filter(
    (name) => !own.includes(name) && !/^(\.git\.|tmp_obj_)/.test(name),
  );
  if (others.length === 0) return;
  throw new VportsError('CONFLICT', `${folder} is not empty (${JSON.stringify(others[0])})`, {
    hint: 'choose a new or an empty folder',
    details: { path: folder },
  });
}

/** All files or none: a different existing file is found before the first one is written. */
function putAll(folder: string, files: TemplateFile[]): void {
  for (const { path, content } of files) {
    const file = join(folder, path);
    if (!existsSync(file) || readFileSync(file).equals(content)) continue;
    throw new VportsError('CONFLICT', `${file} is already there`, {
      hint: 'choose an empty folder',
      details: { path: file },
    });
  }
  for (const { path, content } of files) writeWhole(join(folder, path), content, { flush: true });
}

function moveIntoPlace(building: string, target: string): boolean {
  try {
    rename(building, target);
    syncFolder(dirname(target));
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errno(error) ?? '')) throw error;
    openRepository(target);
    return false;
  }
}
