import { EVENTS, streamPath } from '../../../events/event-path.js';
import type { PortRef } from '../../../events/port.js';
import type { Cache } from '../fold/cache.js';
import { isAncestor } from '../git/ancestry.js';
import { git, hasGit } from '../git/program/git-program.js';
import { fewCommits } from './history-asked.js';
import { judge, judgeFromStart } from './judge.js';
import type { EditedEvent, JudgedBranch, Judgement } from './judgement.js';
import { withoutStrays } from './without-strays.js';

/** An event file that was changed or deleted after it first counted. */
export interface LostEvent {
  path: string;
  first: string;
  /** The commit that changed or deleted it; for a merge the merged commit. */
  commit: string;
  isGone: boolean;
}

/** Which event versions count on the shared branch, as judged and cached on this machine. */
export class CountedEvents {
  #kept: Judgement | null | undefined;

  constructor(
    private readonly branch: JudgedBranch,
    private readonly cache: Cache,
  ) {}

  get ref(): string {
    return this.branch.ref;
  }

  get isJudged(): boolean {
    return this.#judgement() !== undefined;
  }

  /** Judges the history up to a head of the shared branch, from the last judgement on. False if there was nothing new. */
  async judgeTo(head: string): Promise<boolean> {
    const before = this.#judgement();
    if (before?.head === head) return false;
    const judgement =
      (before === undefined && (await this.#judgedPlain(head))) ||
      (await withoutStrays(this.branch.objects, await judge(this.branch, head, before)));
    this.#kept = judgement;
    this.cache.save(this.#name(), { ...judgement, edited: [...judgement.edited] });
    return true;
  }

  /**
   * Whether nothing was ever changed or deleted in these streams up to a head, so that they need no judgement. Asks git once per stream
   * and cache; false without git.
   */
  async arePlain(head: string, refs: PortRef[]): Promise<boolean> {
    const known = new Set((this.cache.load(`plain ${this.#name()}`) as string[] | undefined) ?? []);
    const asked = refs.map(streamPath).filter((it) => !known.has(it));
    if (asked.length === 0) return true;
    if (!(await this.#isPlain(head, asked))) return false;
    this.cache.save(`plain ${this.#name()}`, [...known, ...asked]);
    return true;
  }

  /** The lost events of a branch at `head`: all of the shared branch, else those lost in the branch's own history. */
  async lostAt(head: string, isShared: boolean): Promise<LostEvent[]> {
    const found: LostEvent[] = [];
    for (const [path, it] of this.#judgement()?.edited ?? []) {
      const at = it.trail.findLast(({ to }) => to?.oid !== it.first.oid);
      if (!at || (!isShared && !(await isAncestor(this.branch.objects, at.commit, head)))) continue;
      found.push({ path, first: it.first.oid, commit: at.by ?? at.commit, isGone: at.to === undefined });
    }
    return found;
  }

  /** Judges a commit from the beginning of its history, with what was seen here before; not cached. */
  async judgeFromStart(head: string): Promise<Judgement> {
    const seen = this.#judgement();
    const { objects } = this.branch;
    const isAhead = seen !== undefined && (await isAncestor(objects, seen.head, head));
    return withoutStrays(objects, await judgeFromStart(this.branch, head, isAhead ? seen : undefined));
  }

  #judgement(): Judgement | undefined {
    if (this.#kept === undefined) {
      const kept = this.cache.load(this.#name()) as
        | (Omit<Judgement, 'edited'> & { edited: [string, EditedEvent][] })
        | undefined;
      this.#kept = kept ? { ...kept, edited: new Map(kept.edited) } : null;
    }
    return this.#kept ?? undefined;
  }

  /** In most long histories nothing was ever changed, which git finds out faster than a walk. */
  async #judgedPlain(head: string): Promise<Judgement | undefined> {
    const isShort = (await fewCommits(this.branch.objects, head, undefined)) !== undefined;
    return !isShort && (await this.#isPlain(head, [])) ? { head, edited: new Map(), notes: [] } : undefined;
  }

  async #isPlain(head: string, paths: string[]): Promise<boolean> {
    const { repository } = this.branch;
    if (!hasGit()) return false;
    const scope = (paths.length > 0 && paths.length <= FEW ? paths : [EVENTS]).map(
      (it) => repository.prefix + it,
    );
    // A moved folder appears as deleted at its old place; its beginnings are in another folder.
    if (repository.prefix !== '' && paths.length === 0) return false;
    const options = ['-1', '-m', '--full-history', '--no-renames', '--diff-filter=DMT', '--format=%H'];
    const output = await git(['--literal-pathspecs', 'log', ...options, head, '--', ...scope], {
      commondir: repository.commondir,
    });
    return output?.length === 0;
  }

  #name(): string {
    const { repository, ref } = this.branch;
    return `counted ${repository.prefix} ${ref}`;
  }
}

const FEW = 100;
