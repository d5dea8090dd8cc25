import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { unlessCode } from '../../attempt.js';
import { errno, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { shellWord } from '../../files/shell-word.js';
import { namesDevice, withoutLongPrefix } from '../../files/windows-names.js';
import { refusalOf } from '../../system-error.js';
import { existsSync, lstatSync, realpathSync, statSync } from '../../world/files.js';
import { type GitConfig, repositoryConfig } from './config.js';
import { checkedOutBranch } from './head.js';

export interface Repository {
  /** The folder of HEAD and index: the git directory, or that of a linked work tree. */
  gitdir: string;
  /** The folder of refs and objects, common to all work trees. */
  commondir: string;
  /** The checked-out files, or null for a bare repository. */
  worktree: string | null;
  /** The registry's folder in the tree: empty, or like `ports/`. */
  prefix: string;
  /** Whether ref updates leave a reflog (core.logAllRefUpdates). */
  reflogs: boolean;
  config: GitConfig;
}

/** The repository's path for people: its work tree, or the bare repository itself. */
export function placeOf(repository: Repository): string {
  return repository.worktree ?? repository.commondir;
}

/** For locks, journals and the like: inside the git directory, never in the tree. */
export function privateFolder(repository: Repository): string {
  return join(repository.commondir, 'vports');
}

/**
 * Opens a bare repository, a work tree, or a folder inside one.
 * Throws REGISTRY_NOT_FOUND if there is none, and UNSUPPORTED_REPOSITORY for a kind that vports cannot write.
 */
export function openRepository(path: string): Repository {
  try {
    return open(path);
  } catch (error) {
    throw refusalOf(error, { path: resolve(path) }) ?? error;
  }
}

function open(path: string): Repository {
  const start = withoutLongPrefix(resolve(path));
  if (process.platform === 'win32' && namesDevice(start)) throw notFound(start, 'is a device on Windows');
  if (!existsSync(start) && start.includes('\ufffd')) {
    throw new VportsError('UNSUPPORTED_REPOSITORY', `${start} cannot be opened: its name is not UTF-8`, {
      hint: 'rename that folder',
      details: { path: start },
    });
  }
  if (!existsSync(start)) throw notFound(start, 'does not exist');
  if (!statSync(start).isDirectory()) throw notFound(start, 'is not a folder');
  const folder = realpathSync(start);
  if (isGitDirectory(folder))
    return supported({ gitdir: folder, worktree: mainWorktree(folder), prefix: '' });
  for (let at = folder; ; at = dirname(at)) {
    const gitdir = gitDirectoryOf(at);
    if (gitdir) {
      const inside = relative(at, folder);
      return supported({ gitdir, worktree: at, prefix: inside ? `${inside.split(sep).join('/')}/` : '' });
    }
    if (dirname(at) === at) throw notFound(start, 'is not a git repository');
  }
}

/**
 * The main work tree of a git directory, by core.bare, core.worktree and git's default; null for a bare repository. Throws UNSUPPORTED_REPOSITORY if
 * it is unknown: if an event was written to a branch whose work tree we overlook, the next commit there would delete it.
 */
export function mainWorktree(gitdir: string): string | null {
  const config = configOf(gitdir, gitdir);
  if (config.flag('core.bare')) return null;
  if (basename(gitdir) === '.git') return dirname(gitdir);
  // A configuration may come from anybody and does not prove a place: the `.git` file of a submodule has to agree.
  const configured = config.get('core.worktree');
  const worktree = configured && resolve(gitdir, configured);
  if (worktree && pointsTo(join(worktree, '.git'), gitdir)) return realpathSync(worktree);
  throw new VportsError('UNSUPPORTED_REPOSITORY', `cannot determine the work tree of ${gitdir}`, {
    hint: 'use the path of the work tree instead',
    details: { path: gitdir },
  });
}

function supported({
  gitdir: named,
  worktree,
  prefix,
}: Pick<Repository, 'gitdir' | 'worktree' | 'prefix'>): Repository {
  const gitdir = realpathSync(named);
  const commondir = commonDirectoryOf(gitdir);
  const config = configOf(commondir, gitdir);
  const refuse = (what: string, hint: string) =>
    new VportsError('UNSUPPORTED_REPOSITORY', `${commondir} ${what}`, { hint, details: { path: commondir } });
  if (config.get('extensions.objectformat')?.toLowerCase() === 'sha256') {
    throw refuse(
      'uses SHA-256 object names',
      'vports supports SHA-1 repositories; `vports init DIR` creates one',
    );
  }
  if (config.get('extensions.refstorage')?.toLowerCase().startsWith('reftable')) {
    throw refuse('stores its refs as reftable', '`git refs migrate --ref-format=files` converts it');
  }
  if (existsSync(join(commondir, 'objects', 'info', 'alternates'))) {
    throw refuse(
      'borrows objects from another repository',
      '`git repack -a -d && rm objects/info/alternates` copies these objects',
    );
  }
  if (existsSync(join(commondir, 'shallow'))) {
    throw refuse(
      'is a shallow clone',
      '`git fetch --unshallow` fetches the missing history; in a workflow set `fetch-depth: 0`',
    );
  }
  const reflogs = config.get('core.logallrefupdates');
  return {
    gitdir,
    commondir,
    worktree,
    prefix,
    reflogs: reflogs === undefined ? worktree !== null : config.flag('core.logallrefupdates') !== false,
    config,
  };
}

export function pointsTo(dotGit: string, gitdir: string): boolean {
  try {
    if (!lstatSync(dotGit).isFile()) return false;
    const target = targetOf(dotGit);
    return target !== undefined && realpathSync(target) === realpathSync(gitdir);
  } catch (error) {
    if (errno(error) === undefined && !(error instanceof VportsError)) throw error;
    return false;
  }
}

/** The git directory for a folder in a work tree; undefined outside of one. */
export function gitDirectoryAbove(folder: string): string | undefined {
  for (let at = folder; at !== ''; at = dirname(at)) {
    const found = gitDirectoryOf(at);
    if (found !== undefined) return found;
    if (dirname(at) === at) break;
  }
  return undefined;
}

function isGitDirectory(folder: string): boolean {
  return (
    existsSync(join(folder, 'HEAD')) &&
    existsSync(join(folder, 'objects')) &&
    existsSync(join(folder, 'refs'))
  );
}

function gitDirectoryOf(folder: string): string | undefined {
  const dotGit = join(folder, '.git');
  return unlessCode(['ENOENT', 'ENOTDIR'], () => {
    if (statSync(dotGit).isDirectory()) return isGitDirectory(dotGit) ? dotGit : undefined;
    const gitdir = targetOf(dotGit);
    return gitdir && existsSync(join(gitdir, 'HEAD')) ? gitdir : undefined;
  });
}

/** Where a file in place of a git directory says that it is. */
function targetOf(dotGit: string): string | undefined {
  const target = /^gitdir: (.*)$/m.exec(readRegularText(dotGit))?.[1];
  return target && resolve(dirname(dotGit), target.trim());
}

function commonDirectoryOf(gitdir: string): string {
  const pointer = join(gitdir, 'commondir');
  return existsSync(pointer) ? realpathSync(resolve(gitdir, readRegularText(pointer).trim())) : gitdir;
}

function configOf(commondir: string, gitdir: string): GitConfig {
  return repositoryConfig(commondir, { gitdir, branch: checkedOutBranch(gitdir) });
}

function notFound(path: string, why: string): VportsError {
  return new VportsError('REGISTRY_NOT_FOUND', `no registry at ${path}: it ${why}`, {
    hint: `\`vports init ${shellWord(path)}\` creates one`,
    details: { path },
  });
}
