import { basename, dirname, join, resolve } from 'node:path';
import { ulid } from 'ulid';
import { attempt } from '../../attempt.js';
import { PROJECT_FILE } from '../../documents/excluded.js';
import { errno } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { gitFileTarget, linkOf, repositoryName, workTreeOf } from '../../files/work-tree.js';
import {
  type GitConfig,
  guarded,
  hasTrustedOwner,
  repositoryConfig,
  userConfig,
} from '../../log/git/index.js';
import { keepUserFile } from '../../process/user-file.js';
import { existsSync, realpathSync } from '../../world/files.js';
import { idOfUrl, isLocalId, isProjectId } from './project-id.js';

/** The current repository, which has names of its own. */
export interface ProjectHere {
  /** Undefined until the first write. */
  id: string | undefined;
  from: string;
  folder: string;
  kept: string | undefined;
  /** Undefined if the user named the project. */
  commondir: string | undefined;
}

/** Limit for following local clones of clones. */
const DEEPEST = 3;
const KEPT = /^local:[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
/** In the common git directory; holds the id of the last write. */
const KEEPING = join('vports', 'project');

/** `named` is `--project`. Undefined outside a repository, and inside a registry. */
export function projectHere(cwd: string, named?: string): ProjectHere | undefined {
  if (named !== undefined)
    return { id: named, from: '--project', folder: named, kept: undefined, commondir: undefined };
  const worktree = workTreeOf(cwd);
  if (worktree === undefined || isRegistry(worktree)) return undefined;
  const commondir = commondirOf(worktree);
  const kept = commondir === undefined ? undefined : keptIn(commondir);
  const about = { folder: repositoryName(worktree), kept, commondir };
  const written = writtenIn(cwd, worktree);
  if (written) return { ...written, ...about };
  const remote = commondir === undefined ? undefined : remoteId(commondir);
  if (remote) return { ...remote, ...about };
  if (commondir === undefined) return undefined;
  const id = kept !== undefined && KEPT.test(kept) ? kept : undefined;
  return { id, from: 'generated, because this repository has no remote', ...about };
}

/** Saves the id of a repository, and generates one if needed. Undefined if it cannot be saved. */
export function keepId(here: ProjectHere): string | undefined {
  const { id, kept, commondir } = here;
  if (commondir === undefined || (id !== undefined && id === kept)) return id;
  const file = join(commondir, KEEPING);
  try {
    guarded.mkdirSync(join(commondir, 'vports'), { recursive: true });
    if (id === undefined) writeFirst(file, `local:${ulid()}\n`);
    else guarded.writeWhole(file, `${id}\n`);
  } catch {
    return id;
  }
  here.id ??= keptIn(commondir);
  // The folder of a generated id is shown to people.
  if (here.id !== undefined && isLocalId(here.id))
    keepUserFile(namesFolder(), here.id.slice('local:'.length), `${here.folder}\n`);
  return here.id;
}

/** Of two concurrent writers the first wins. */
function writeFirst(file: string, text: string): void {
  try {
    guarded.writeNew(file, text);
  } catch (error) {
    if (errno(error) !== 'EEXIST') throw error;
    // An empty file is an interrupted write.
    if (keptIn(dirname(dirname(file))) === undefined) guarded.writeWhole(file, text);
  }
}

function namesFolder(): string {
  return join(dataFolder(), 'projects');
}

/** The id; for a generated one the folder, if this machine knows it. */
export function nameOfProject(id: string): string {
  if (!KEPT.test(id)) return id;
  const folder = textOf(join(namesFolder(), id.slice('local:'.length)))?.trim();
  return folder && isProjectId(folder) ? `${folder} (${id})` : id;
}

function keptIn(commondir: string): string | undefined {
  const text = textOf(join(commondir, KEEPING))?.trim();
  return text !== undefined && (KEPT.test(text) || isProjectId(text)) ? text : undefined;
}

/** Registries have a policy at the root. */
function isRegistry(worktree: string): boolean {
  try {
    const { format, ranges } = JSON.parse(textOf(join(worktree, 'policy.json')) ?? '{}');
    return typeof format === 'number' && Array.isArray(ranges);
  } catch {
    // An unreadable policy counts if there is an events folder.
    return existsSync(join(worktree, 'events'));
  }
}

/** The common git directory; undefined if it does not list this work tree, because a .git file can name any folder. */
function commondirOf(worktree: string): string | undefined {
  const gitdir = join(worktree, '.git');
  if (existsSync(join(gitdir, 'HEAD'))) return gitdir;
  const target = gitFileTarget(worktree);
  if (target === undefined) return undefined;
  const link = linkOf(worktree);
  if (link && join(link.commondir, 'worktrees', link.id) === target)
    return isSamePlace(pointerOf(target), gitdir) ? link.commondir : undefined;
  const named = repositoryConfig(target, { gitdir: target }).get('core.worktree');
  return named !== undefined && isSamePlace(resolve(target, named), worktree) ? target : undefined;
}

/** The `.git` file that git's entry of a work tree points back to. */
function pointerOf(target: string): string | undefined {
  const text = textOf(join(target, 'gitdir'))?.trim();
  return text === undefined ? undefined : resolve(target, text);
}

function isSamePlace(one: string | undefined, other: string): boolean {
  return attempt(() => one !== undefined && realpathSync(one) === realpathSync(other)) ?? false;
}

function writtenIn(cwd: string, worktree: string): { id: string; from: string } | undefined {
  for (let at = resolve(cwd); ; at = dirname(at)) {
    const file = join(at, PROJECT_FILE);
    const project = existsSync(file) && hasTrustedOwner(file, at) ? projectIn(file) : undefined;
    if (project !== undefined) return { id: project, from: file };
    if (at === worktree || dirname(at) === at) return undefined;
  }
}

function projectIn(file: string): string | undefined {
  // findRegistry reports problems of this file.
  const { project } = attempt(() => JSON.parse((textOf(file) ?? '{}').replace(/^\uFEFF/, ''))) ?? {};
  return isProjectId(project) && !isLocalId(project) ? project : undefined;
}

function remoteId(gitdir: string, depth = 0): { id: string; from: string } | undefined {
  const place = { gitdir };
  const config = repositoryConfig(gitdir, place);
  const names = config.names('remote').filter((it) => config.get(`remote.${it}.url`));
  const name =
    ['upstream', 'origin'].find((it) => names.includes(it)) ?? (names.length === 1 ? names[0] : undefined);
  if (name === undefined) return undefined;
  const url = insteadOf(config.get(`remote.${name}.url`)!, [config, userConfig(place)]);
  const id = idOfUrl(url);
  const isPath = /^(?:file:\/\/)?(?:\/|[A-Za-z]:[\\/]|\.)/.test(url);
  if (id !== undefined && !isPath) return { id, from: `the remote ${name}` };
  if (depth === DEEPEST) return undefined;
  const path = resolve(dirname(gitdir), url.replace(/^file:\/\//, ''));
  const other = [join(path, '.git'), path].find((it) => existsSync(join(it, 'HEAD')));
  if (other === undefined) return undefined;
  const found = remoteId(other, depth + 1);
  if (found) return { id: found.id, from: `the remote ${name}, ${basename(path)}` };
  const kept = keptIn(other);
  return kept === undefined || !KEPT.test(kept)
    ? undefined
    : { id: kept, from: `the remote ${name}, ${basename(path)}` };
}

/** `url.BASE.insteadOf` of git-config(1): the longest prefix wins. */
function insteadOf(url: string, configs: GitConfig[]): string {
  const all = configs.flatMap((config) =>
    config
      .names('url')
      .flatMap((base) => config.all(`url.${base}.insteadof`).map((start) => ({ base, start }))),
  );
  const best = all
    .filter(({ start }) => start !== '' && url.startsWith(start))
    .sort((a, b) => b.start.length - a.start.length)[0];
  return best ? best.base + url.slice(best.start.length) : url;
}

function textOf(file: string): string | undefined {
  return attempt(() => readRegularText(file));
}
