import { join } from 'node:path';
import { attempt, noneIfRefused, refusalIn } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { shellWord } from '../../files/shell-word.js';
import { type Finding, note, problem, warning } from '../../findings.js';
import { livenessOf } from '../../process/identity.js';
import { existsSync, lstatSync, readdirSync, statSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import type { Journal } from '../append/journal.js';
import { ownsWorkTree } from '../append/journal-rules.js';
import { isUnsettled, readSound } from '../append/settle-journal.js';
import { Cache } from '../fold/cache.js';
import { rmSync } from '../git/guarded-files.js';
import { headRef } from '../git/head.js';
import { leftFiles } from '../git/left-files.js';
import { Objects } from '../git/objects.js';
import { hasGit } from '../git/program/git-program.js';
import { locksFolder } from '../git/refs.js';
import { placeOf, privateFolder, type Repository } from '../git/repository.js';
import { checkouts, refuseUnderWay } from '../git/worktrees.js';
import { lockOwner } from '../lock/writer-lock.js';
import { areSoundAttributes } from './attributes.js';
import { Audit } from './audit.js';

/** A temporary file of this age, in milliseconds, belongs to no running writer. */
const LONG_AGO = 3_600_000;

/** Leftovers of killed processes, and harmful settings. Read-only; to be called before anything reads the log, as readers repair what they can. */
export async function diagnoseRepository(repository: Repository): Promise<Finding[]> {
  return [
    ...leftLock(join(privateFolder(repository))),
    ...(await halfDone(repository)),
    ...leftBehind(repository),
    ...temporaryFiles(repository),
    ...oldCaches(repository),
    ...readOnly(repository),
    ...fileModes(repository),
    ...(await setUp(repository)),
    ...(await attributes(repository)),
    ...(hasGit()
      ? []
      : [
          note(
            'NO_GIT',
            'git is not on the PATH: large logs are slower to read and never packed',
            'install git',
          ),
        ]),
  ];
}

/** The writer lock in a folder, if its owner has ended or is unknown. */
export function leftLock(folder: string): Finding[] {
  const path = join(folder, 'writer.lock');
  const owner = lockOwner(folder);
  if (owner === undefined) return [];
  const stale = (what: string, hint: string, fixable = false) => [
    warning('STALE_LOCK', `${path} ${what}`, hint, fixable),
  ];
  const takenOver = 'the next write takes it over';
  if (owner === 'torn')
    return stale('is empty or truncated, as after a power cut', `${takenOver} after a few seconds`, true);
  if (owner === 'unknown')
    return [problem('STALE_LOCK', `${path} names no owner`, `if no vports is running, remove it`)];
  const liveness = livenessOf(owner, owner);
  if (liveness === 'alive') return [note('WRITING', `process ${owner.pid} holds the lock ${path}`)];
  if (liveness === 'dead') return stale(`was left by process ${owner.pid}, which has ended`, takenOver, true);
  const whose = `belongs to process ${owner.pid} on ${JSON.stringify(owner.host)}`;
  return stale(`${whose}, which is invisible from here`, 'if that process has ended, remove the file');
}

/** Removes fixable findings of diagnoseRepository that writers leave alone. Requires the writer lock. */
export function removeStaleFiles(repository: Repository): void {
  for (const path of staleTemporaries(repository)) rmSync(path, { force: true });
  for (const { path } of Cache.ofOtherVersions(repository.commondir)) {
    rmSync(path, { recursive: true, force: true });
  }
}

/** Whether a writer was killed in a checkout. Readers leave that alone. */
export async function isInterrupted(repository: Repository): Promise<boolean> {
  if (!(await isUnsettled(repository))) return false;
  const owner = lockOwner(privateFolder(repository));
  return typeof owner !== 'object' || livenessOf(owner, owner) === 'dead';
}

async function halfDone(repository: Repository): Promise<Finding[]> {
  const objects = new Objects(repository.commondir);
  const journal = await readSound(repository, objects).finally(() => objects.close());
  if (journal && 'refused' in journal) {
    return [
      problem(
        'JOURNAL_REFUSED',
        `${journal.file} ${journal.refused}, and is ignored`,
        'the next write renames it to journal.refused',
      ),
    ];
  }
  if (journal && !ownsWorkTree(repository, journal.journal))
    return [untrustedPlace(repository, journal.journal)];
  const marks = namesIn(locksFolder(repository));
  if (!(await isUnsettled(repository)) && marks.length === 0) return [];
  return [
    warning(
      'UNFINISHED_WRITE',
      `a killed vports left an unfinished write in ${placeOf(repository)}`,
      '`vports doctor --fix`, or the next write, completes or undoes it; leave index.lock alone until then',
      true,
    ),
  ];
}

/** The maker of the repository may have chosen the files to write: the user has to see them first. */
function untrustedPlace(repository: Repository, { worktree, files }: Journal): Finding {
  const paths = files.map(({ path }) => join(worktree, path));
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return problem(
    'NOT_TRUSTED',
    `a write to ${worktree} was interrupted, but only ${repository.commondir} itself names that work tree; completing it would write ${paths.slice(0, SHOWN).join(', ')}${more}`,
    `to allow that: \`vports trust ${shellWord(placeOf(repository))}\`, then \`vports doctor --fix\``,
  );
}

const SHOWN = 20;

/** Reported before anything writes, as the next writer removes them. */
function leftBehind(repository: Repository): Finding[] {
  const found = leftFiles(repository);
  if (found.length === 0 || lockOwner(privateFolder(repository)) !== undefined) return [];
  return [temporary(`${found.length} files of killed writers, like ${found[0]}`, 'the next write')];
}

function temporary(what: string, remover: string): Finding {
  return note('TEMPORARY_FILES', what, `harmless; ${remover} removes them`, true);
}

function temporaryFiles(repository: Repository): Finding[] {
  const found = staleTemporaries(repository);
  if (found.length === 0) return [];
  const what = `${found.length} temporary files of a killed git in ${join(repository.commondir, 'objects')}`;
  return [temporary(what, '`vports doctor --fix`')];
}

function staleTemporaries(repository: Repository): string[] {
  const objects = join(repository.commondir, 'objects');
  return namesIn(objects)
    .filter((name) => /^([0-9a-f]{2}|pack)$/.test(name))
    .flatMap((name) => namesIn(join(objects, name)).map((file) => join(objects, name, file)))
    .filter((path) => /[\\/]tmp_(obj|pack|idx|rev)_[^\\/]*$/.test(path))
    .filter(
      (path) => world.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? world.now()) > LONG_AGO,
    );
}

function oldCaches(repository: Repository): Finding[] {
  const found = Cache.ofOtherVersions(repository.commondir);
  if (found.length === 0) return [];
  const bytes = found.reduce((sum, it) => sum + it.bytes, 0);
  return [
    note(
      'OLD_CACHE',
      `${Math.ceil(bytes / 1024)} KB of caches from other versions of vports`,
      '`vports doctor --fix` removes them; an older vports that is still in use rebuilds its own',
      true,
    ),
  ];
}

/** Folders that belong to this user but are read-only: reads work, and all writes would fail. */
function readOnly({ commondir, worktree, prefix }: Repository): Finding[] {
  const own = ['objects', 'refs', 'logs', 'vports'].flatMap((it) => foldersFrom(join(commondir, it)));
  const files = worktree === null ? [] : [worktree, ...foldersFrom(join(worktree, prefix, 'events'))];
  return [commondir, ...own, ...files]
    .filter((it) => isLockedOut(it))
    .map((path) => problem('CANNOT_WRITE', `${path} is not writable`, `\`chmod u+w ${shellWord(path)}\``));
}

function foldersFrom(path: string): string[] {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return [];
  return [path, ...namesIn(path).flatMap((it) => foldersFrom(join(path, it)))];
}

function isLockedOut(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return (
    found?.isDirectory() === true &&
    found.uid === process.getuid?.() &&
    found.uid !== 0 &&
    (found.mode & 0o200) === 0
  );
}

/** On a file system without modes all files are executable, and `git commit -a` would record that for every event. */
function fileModes({ worktree, prefix, config }: Repository): Finding[] {
  const policy =
    worktree === null
      ? undefined
      : statSync(join(worktree, prefix, 'policy.json'), { throwIfNoEntry: false });
  if (!policy || (policy.mode & 0o111) === 0 || config.flag('core.filemode') === false) return [];
  return [
    warning(
      'FILE_MODES',
      `every file in ${worktree} is executable, as its file system has no modes, and git reports them as changed`,
      `\`git -C ${shellWord(worktree!)} config core.fileMode false\``,
    ),
  ];
}

async function setUp(repository: Repository): Promise<Finding[]> {
  const { worktree, prefix } = repository;
  const found = checkouts(repository).flatMap(underWay);
  if (worktree === null) return found;
  // During a rebase HEAD is detached temporarily.
  if (found.length === 0 && headRef(repository.gitdir) === undefined) {
    found.push(
      problem(
        'DETACHED_HEAD',
        `${worktree} has a detached HEAD`,
        `check out a branch: \`git -C ${shellWord(worktree)} switch BRANCH\``,
      ),
    );
  }
  const indexLock = join(repository.gitdir, 'index.lock');
  if (existsSync(indexLock) && !(await isUnsettled(repository))) {
    found.push(
      warning(
        'GIT_LOCK',
        `${indexLock} exists: a git process is running there, or was killed`,
        'if no git is running, remove it',
      ),
    );
  }
  const deny = repository.config.get('receive.denycurrentbranch')?.toLowerCase();
  if (prefix === '' && deny !== 'updateinstead') {
    found.push(
      note(
        'PUSH_REFUSED',
        `git rejects pushes to the branch checked out in ${worktree}`,
        `git -C ${shellWord(worktree)} config receive.denyCurrentBranch updateInstead`,
      ),
    );
  }
  return found;
}

async function attributes(repository: Repository): Promise<Finding[]> {
  const text = await attributesOf(repository);
  if (text === undefined || areSoundAttributes(text)) return [];
  return [
    warning(
      'NO_GITATTRIBUTES',
      `.gitattributes of ${placeOf(repository)} does not protect events from conversions and merges by git`,
      'commit it with the line `* -text -filter -ident -working-tree-encoding merge`',
      true,
    ),
  ];
}

/** From the work tree, else from the newest commit; undefined without commits. */
async function attributesOf(repository: Repository): Promise<string | undefined> {
  const { worktree, prefix } = repository;
  if (worktree !== null) {
    const path = join(worktree, prefix, '.gitattributes');
    return existsSync(path) ? readRegularText(path) : '';
  }
  const read = async (audit: Audit) => (await audit.text(await audit.commit(), '.gitattributes')) ?? '';
  return Audit.of(repository, read).catch(noneIfRefused);
}

function underWay(checkout: Parameters<typeof refuseUnderWay>[0]): Finding[] {
  const refusal = refusalIn(() => refuseUnderWay(checkout));
  return refusal ? [problem('UNDER_WAY', refusal.message, refusal.hint ?? '')] : [];
}

function namesIn(folder: string): string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}
