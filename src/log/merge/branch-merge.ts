import { join } from 'node:path';
import type { Person } from '../../../events/envelope.js';
import { oneLine } from '../../control-characters.js';
import { badUsage, VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { world } from '../../world/index.js';
import { changeIdIn } from '../append/commit-message.js';
import { withWriteErrors } from '../append/write-errors.js';
import { isAncestor } from '../git/ancestry.js';
import { signatureOf } from '../git/commit.js';
import { mkdirSync, rmSync } from '../git/guarded-files.js';
import { Objects } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import { branchName } from '../git/ref-name.js';
import { RefUpdate, readRef, reflogLine } from '../git/refs.js';
import { placeOf, privateFolder, type Repository } from '../git/repository.js';
import { withSharedModes } from '../git/shared-modes.js';
import { checkoutOf } from '../git/worktrees.js';
import { WriterLock } from '../lock/writer-lock.js';
import { branchRecord, rememberBranch } from '../remote/branch-records.js';

/** The files that a merge sets and deletes; paths start at the registry's root. */
interface Changes {
  files: ReadonlyMap<string, string>;
  away: string[];
  /** Events of the first parent, listed in the commit for later checks: they were dropped intentionally. */
  dropped: string[];
}

/** Keeps heads of branches that were built anew, so that no commit is lost. */
const REPLACED = 'refs/vports/replaced/';

/**
 * Merges the shared branch into another one in a temporary index, without a work tree; or, for hosts that only rebase, builds that
 * branch anew as one commit on the shared branch.
 */
export class BranchMerge {
  readonly #objects: Objects;
  readonly #index: string;
  readonly #branch: string;
  /** The commits that are built anew, the oldest first; undefined for a merge. */
  #replaced: string[] | undefined;

  private constructor(
    private readonly repository: Repository,
    private readonly ref: string,
    readonly ours: string,
    readonly theirs: string,
  ) {
    this.#objects = new Objects(repository.commondir);
    this.#branch = branchName(ref);
    this.#index = join(privateFolder(repository), `merge-${world.randomBytes(6).toString('hex')}`);
  }

  /**
   * Throws BAD_REVISION for a missing branch, BAD_USAGE if it contains `shared` (with `rebase`: as one commit), CONFLICT if it is
   * checked out, git is missing, or `rebase` would replace commits of others than `rebase`, an e-mail address.
   */
  static async begin(
    repository: Repository,
    ref: string,
    shared: string,
    { rebase }: { rebase?: string | undefined } = {},
  ): Promise<BranchMerge> {
    const branch = branchName(ref);
    const [ours, theirs] = [readRef(repository, ref), readRef(repository, shared)];
    if (ours === undefined || theirs === undefined) {
      throw new VportsError('BAD_REVISION', `there is no branch ${branch} here`, {
        hint: '`vports sync` fetches what others have pushed; `git branch -a` lists all branches',
        details: { branch },
      });
    }
    const checkout = checkoutOf(repository, ref);
    if (checkout) {
      throw new VportsError('CONFLICT', `${branch} is checked out in ${checkout.worktree}`, {
        hint: `\`git merge ${shellWord(branchName(shared))}\` there, then \`vports resolve\` without --branch`,
        details: { branch, worktree: checkout.worktree },
      });
    }
    const merge = new BranchMerge(repository, ref, ours, theirs);
    try {
      await (rebase === undefined
        ? merge.#requireNews(branchName(shared))
        : merge.#rebaseOf(rebase, branchName(shared)));
      return merge;
    } catch (error) {
      merge.end();
      throw error;
    }
  }

  async #requireNews(shared: string): Promise<void> {
    if (await isAncestor(this.#objects, this.theirs, this.ours))
      throw this.#nothingTo('merge', `${this.#branch} already contains ${shared}`);
  }

  async #rebaseOf(email: string, shared: string): Promise<void> {
    const listed = await this.#git(['rev-list', '--reverse', this.ours, `^${this.theirs}`]);
    const commits = listed.split('\n').filter(Boolean);
    if (commits.length === 0) throw this.#nothingTo('rebase', `${shared} already contains ${this.#branch}`);
    const read = await Promise.all(commits.map((it) => this.#objects.readCommit(it)));
    if (read.length === 1 && read[0]!.parents.join() === this.theirs)
      throw this.#nothingTo('rebase', `${this.#branch} is already one commit on ${shared}`);
    const foreign = read.findIndex(({ author }) => author.email.toLowerCase() !== email.toLowerCase());
    if (foreign >= 0) {
      const { name, email: other } = read[foreign]!.author;
      const whose = oneLine(`${name} <${other}>`);
      throw new VportsError(
        'CONFLICT',
        `${this.#branch} has the commit ${commits[foreign]!.slice(0, 10)} of ${whose}, which a rebase would replace`,
        {
          hint: `merge instead: \`vports resolve --branch ${shellWord(this.#branch)}\`, or ask them to rebase it`,
          details: { branch: this.#branch, commit: commits[foreign], email: other },
        },
      );
    }
    this.#replaced = commits;
  }

  #nothingTo(what: 'merge' | 'rebase', message: string): VportsError {
    const hint = `there is nothing to ${what}`;
    return badUsage(message, hint, { details: { branch: this.#branch } });
  }

  /** Creates the commit and moves the branch to it. Throws CONFLICT if both sides changed another file. */
  commit(changes: Changes, about: { by: Person; now: number }): Promise<string> {
    return withSharedModes(this.repository, () => this.#commit(changes, about));
  }

  async #commit(changes: Changes, { by, now }: { by: Person; now: number }): Promise<string> {
    const lock = await withWriteErrors(placeOf(this.repository), () =>
      WriterLock.acquire(privateFolder(this.repository), 30_000),
    );
    try {
      const tree = await this.#tree(changes);
      const signature = signatureOf(by, now);
      const isRebase = this.#replaced !== undefined;
      const message = isRebase ? await this.#messageOf(this.#replaced!) : this.#mergeMessage(changes);
      const parents = isRebase ? [this.theirs] : [this.ours, this.theirs];
      const commit = await this.#objects.stageCommit({ tree, parents, signature, message });
      if (isRebase) await this.#keepReplaced();
      const subject = message.split('\n', 1)[0]!;
      const update = await RefUpdate.begin(this.repository, this.ref, this.ours, commit, this.#objects);
      update.finish(reflogLine({ old: this.ours, next: commit, who: signature }, subject));
      return commit;
    } finally {
      lock.release();
    }
  }

  #mergeMessage({ dropped }: Changes): string {
    const trailers = [...dropped.map((path) => `Vports-Dropped: ${path}`), `Vports-Shared: ${this.theirs}`];
    return `Merge the shared branch into ${this.#branch}\n\n${trailers.join('\n')}\n`;
  }

  /** That of the only commit, or the first subject and a list of the others, without merges. */
  async #messageOf(commits: string[]): Promise<string> {
    const read = await Promise.all(commits.map((it) => this.#objects.readCommit(it)));
    const own = read.filter(({ parents }) => parents.length === 1).map(({ message }) => message);
    if (own.length === 1) return own[0]!;
    const [first = `Build ${this.#branch} anew`, ...others] = own.map((it) => it.split('\n', 1)[0]!);
    const [changeId] = own.flatMap((it) => changeIdIn(it) ?? []);
    const list = others.map((it) => `- ${it}`).join('\n');
    const trailer = changeId && `Change-Id: ${changeId}`;
    return `${[first, list, trailer].filter(Boolean).join('\n\n')}\n`;
  }

  /** The old head stays reachable, and a kill from here on leaves a branch that the next \`sync\` pushes. */
  async #keepReplaced(): Promise<void> {
    const kept = replacedRef(this.ref, this.ours);
    if (readRef(this.repository, kept) === undefined)
      (await RefUpdate.begin(this.repository, kept, undefined, this.ours)).finish('');
    const own = branchRecord(this.repository, this.ref);
    if (own) rememberBranch(this.repository, { ...own, isPending: true });
  }

  end(): void {
    this.#objects.discard();
    this.#objects.close();
    rmSync(this.#index, { force: true });
    rmSync(`${this.#index}.lock`, { force: true });
  }

  /** git merges the rest of the tree file by file; events are taken from the settlement. */
  async #tree({ files, away }: Changes): Promise<string> {
    mkdirSync(privateFolder(this.repository), { recursive: true });
    const { prefix } = this.repository;
    const base = (await this.#git(['merge-base', this.ours, this.theirs])).trim();
    await this.#git(['read-tree', '-i', '-m', '--aggressive', base, this.ours, this.theirs]);
    const set = [...files].map(
      ([path, text]) => `100644 ${this.#objects.stage('blob', Buffer.from(text))}\t${prefix}${path}\0`,
    );
    const gone = away.map((path) => `0 ${'0'.repeat(40)}\t${prefix}${path}\0`);
    await this.#objects.flush();
    await this.#git(['update-index', '-z', '--index-info'], [...set, ...gone].join(''));
    const unmerged = (await this.#git(['ls-files', '-u', '-z'])).split('\0').filter(Boolean);
    const [first] = unmerged.map((entry) => entry.slice(entry.indexOf('\t') + 1));
    if (first !== undefined) throw this.#toBeMerged(first);
    return (await this.#git(['write-tree'])).trim();
  }

  async #git(args: string[], input?: string): Promise<string> {
    const env = { GIT_INDEX_FILE: this.#index };
    const output = await git(args, { commondir: this.repository.commondir, env, input });
    if (output) return output.toString('utf8');
    throw new VportsError('CONFLICT', `git ${args[0]} failed on ${placeOf(this.repository)}`, {
      hint: 'merge the branch with git in a clone, then run `vports resolve` there',
      details: { branch: this.#branch },
    });
  }

  #toBeMerged(path: string): VportsError {
    return new VportsError('CONFLICT', `both sides have changed ${path}; merge it by hand`, {
      hint: `in a clone: \`git switch ${shellWord(this.#branch)}\`, \`git merge\`, resolve it, then \`vports resolve\``,
      details: { branch: this.#branch, path },
    });
  }
}

/** Where the head of a branch is kept that was built anew. */
export function replacedRef(ref: string, head: string): string {
  return `${REPLACED}${branchName(ref)}/${head.slice(0, 10)}`;
}
