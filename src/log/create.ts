import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { errno, VportsError } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { author } from './author.js';
import { editedIndex } from './index-file.js';
import { Objects } from './objects.js';
import { NO_OID, RefUpdate } from './refs.js';
import { openRepository, type Repository } from './repository.js';
import { writable } from './writable.js';

const MAIN_BRANCH = 'refs/heads/main';

const CONFIG = (bare: boolean) => `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = ${bare}
\tlogAllRefUpdates = true
[receive]
\tdenyCurrentBranch = updateInstead
`;

/**
 * Makes a registry in a new or empty folder, with the files of `registry-repo/` as its first commit. The repository
 * comes into being by one rename, so that of many at once one makes it and the others find it made.
 * Gives false where the folder is a registry already. Throws CONFLICT for a folder with other things in it.
 */
export async function createRegistry(path: string, { bare }: { bare: boolean }): Promise<boolean> {
  const folder = resolve(path);
  if (isRegistry(folder)) return false;
  return writable(folder, async () => {
    refuseOthersFiles(folder, bare);
    const target = bare ? folder : join(folder, '.git');
    mkdirSync(dirname(target), { recursive: true });
    const building = `${bare ? join(dirname(folder), `.${basename(folder)}`) : target}.${randomBytes(6).toString('hex')}`;
    try {
      const files = template();
      await buildRepository(building, folder, bare, files);
      if (!bare) for (const { path: name, content } of files) put(join(folder, name), content);
      return moveIntoPlace(building, target);
    } finally {
      rmSync(building, { recursive: true, force: true });
    }
  });
}

function isRegistry(folder: string): boolean {
  return existsSync(join(folder, 'refs', 'heads')) || existsSync(join(folder, '.git'));
}

async function buildRepository(
  gitdir: string,
  folder: string,
  bare: boolean,
  files: TemplateFile[],
): Promise<void> {
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags']) {
    mkdirSync(join(gitdir, part), { recursive: true });
  }
  writeFileSync(join(gitdir, 'HEAD'), `ref: ${MAIN_BRANCH}\n`);
  writeFileSync(join(gitdir, 'config'), CONFIG(bare));
  const place = { gitdir, commondir: gitdir, worktree: bare ? null : folder, prefix: '' };
  const repository: Repository = { ...place, reflogs: true, hasRemote: false };
  const { person } = await author(gitdir, { shared: false });
  const objects = new Objects(gitdir);
  const staged = files.map(({ path, content }) => ({ path, oid: objects.stage('blob', content) }));
  const tree = await objects.stageFiles(undefined, new Map(staged.map(({ path, oid }) => [path, oid])));
  const signature = `${person.name} <${person.email}> ${Math.floor(Date.now() / 1000)} +0000`;
  const commit = `tree ${tree}\nauthor ${signature}\ncommitter ${signature}\n\nstart the registry of ports\n`;
  const oid = objects.stage('commit', Buffer.from(commit));
  await objects.flush();
  (await RefUpdate.begin(repository, MAIN_BRANCH, undefined, oid)).finish(
    `${NO_OID} ${oid} ${signature}\tvports: init\n`,
  );
  if (bare) return;
  const index = await editedIndex(gitdir, join(gitdir, 'vports', 'index'), staged);
  renameSync(index, join(gitdir, 'index'));
}

interface TemplateFile {
  path: string;
  content: Buffer;
}

function template(): TemplateFile[] {
  const root = join(packageRoot(), 'registry-repo');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    return { path: relative(root, file).split(sep).join('/'), content: readFileSync(file) };
  });
}

function refuseOthersFiles(folder: string, bare: boolean): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) {
    throw new VportsError('CONFLICT', `${folder} is a file`, {
      hint: 'choose another folder',
      details: { path: folder },
    });
  }
  const own = bare ? [] : template().map(({ path }) => path.split('/')[0]!);
  const others = readdirSync(realpathSync(folder)).filter(
    (name) => !own.includes(name) && !name.startsWith('.git.'),
  );
  if (others.length === 0) return;
  throw new VportsError('CONFLICT', `${folder} is not empty (${JSON.stringify(others[0])})`, {
    hint: 'choose a new or an empty folder',
    details: { path: folder },
  });
}

function put(path: string, content: Buffer): void {
  if (existsSync(path) && !readFileSync(path).equals(content)) {
    throw new VportsError('CONFLICT', `${path} is already there`, {
      hint: 'choose an empty folder',
      details: { path },
    });
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function moveIntoPlace(building: string, target: string): boolean {
  try {
    renameSync(building, target);
    return true;
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(errno(error) ?? '')) throw error;
    openRepository(target);
    return false;
  }
}
