import { EVENTS, streamPath } from '../../../events/event-path.js';
import type { PortRef } from '../../../events/port.js';
import type { Cache } from '../fold/cache.js';
import { isAncestor } from '../git/ancestry.js';
import { git, hasGit } from '../git/program/git-program.js';
import { fewCommits } from './history-asked.js';
import { judge, judgeAnew } from './judge.js';
import type { EditedEvent, JudgedBranch, Judgement } from './judgement.js';
import { withoutStrays } from './without-strays.js';

/** An event file that a branch has otherwise than it first counted, or has not any more. */
export interface LostEvent {
  path: string;
  /** Name of the blob with the bytes that count. */
  first: string;
  /** The commit that changed or deleted it; of what a merge brought, the commit behind it. */
  commit: string;
  /** Deleted, and not changed. */
  isGone: boolean;
}

/** What counts on the shared branch, as this machine has judged it and keeps it in the cache. */
export class CountedEvents {
  readonly #branch: JudgedBranch;
  readonly #cache: Cache;
  #kept: Judgement | null | undefined;

  constructor(branch: JudgedBranch, cache: Cache) {
    this.#branch = branch;
    this.#cache = cache;
  }

  get ref(): string {
    return this.#branch.ref;
  }

  /** Whether any history of this branch has been judged here. */
  get isJudged(): boolean {
    return this.#judgement() !== undefined;
  }

  /** Judges the history up to a head of the shared branch, from where it was judged last. Whether there was anything to judge. */
  async judgeTo(head: string): Promise<boolean> {
    const before = this.#judgement();
    if (before?.head === head) return false;
    const judgement =
      (before === undefined && (await this.#judgedPlain(head))) ||
      (await withoutStrays(this.#branch.objects, await judge(this.#branch, head, before)));
    this.#kept = judgement;
    this.#cache.save(this.#name(), { ...judgement, edited: [...judgement.edited] });
    return true;
  }

  /**
   * Whether nothing was ever changed or deleted in these streams, in all that a head has behind it: then they need no judgement. Asks
   * git once for each stream, as long as the cache lives; without git it cannot tell, and says no.
   */
  async arePlain(head: string, refs: PortRef[]): Promise<boolean> {
    const known = new Set((this.#cache.load(`plain ${this.#name()}`) as string[] | undefined) ?? []);
    const asked = refs.map(streamPath).filter((it) => !known.has(it));
    if (asked.length === 0) return true;
    if (!(await this.#isPlain(head, asked))) return false;
    this.#cache.save(`plain ${this.#name()}`, [...known, ...asked]);
    return true;
  }

  /** The events that a branch at `head` has lost: all of the shared branch's, or those whose loss is in the branch's own history. */
  async lostAt(head: string, isShared: boolean): Promise<LostEvent[]> {
    const found: LostEvent[] = [];
    for (const [path, it] of this.#judgement()?.edited ?? []) {
      const at = it.trail.findLast(({ to }) => to?.oid !== it.first.oid);
      if (!at || (!isShared && !(await this.#hasSeen(at.commit, head)))) continue;
      found.push({ path, first: it.first.oid, commit: at.by ?? at.commit, isGone: at.to === undefined });
    }
    return found;
  }

  /** The judgement of a commit from the beginning of its history, with what was seen here before; nothing is kept of it. */
  async judgeAnew(head: string): Promise<Judgement> {
    const seen = this.#judgement();
    const { repository, objects } = this.#branch;
    const isAhead = seen !== undefined && (await isAncestor(repository, objects, seen.head, head));
    return withoutStrays(objects, await judgeAnew(this.#branch, head, isAhead ? seen : undefined));
  }

  #judgement(): Judgement | undefined {
    if (this.#kept === undefined) {
      const kept = this.#cache.load(this.#name()) as
        | (Omit<Judgement, 'edited'> & { edited: [string, EditedEvent][] })
        | undefined;
      this.#kept = kept ? { ...kept, edited: new Map(kept.edited) } : null;
    }
    return this.#kept ?? undefined;
  }

  #hasSeen(commit: string, head: string): Promise<boolean> {
    const { repository, objects } = this.#branch;
    return isAncestor(repository, objects, commit, head);
  }

  /** Of a long history most often nothing was ever changed: then git says so much sooner than all of it is walked. */
  async #judgedPlain(head: string): Promise<Judgement | undefined> {
    const isShort = (await fewCommits(this.#branch.objects, head, undefined)) !== undefined;
    return !isShort && (await this.#isPlain(head, [])) ? { head, edited: new Map(), notes: [] } : undefined;
  }

  async #isPlain(head: string, paths: string[]): Promise<boolean> {
    const { repository } = this.#branch;
    if (!hasGit()) return false;
    const scope = (paths.length > 0 && paths.length <= FEW ? paths : [EVENTS]).map(
      (it) => repository.prefix + it,
    );
    // A folder that was moved is deleted where it was: its beginnings are another folder's.
    if (repository.prefix !== '' && paths.length === 0) return false;
    const options = ['-1', '-m', '--full-history', '--no-renames', '--diff-filter=DMT', '--format=%H'];
    const output = await git(['--literal-pathspecs', 'log', ...options, head, '--', ...scope], {
      commondir: repository.commondir,
    });
    return output?.length === 0;
  }

  #name(): string {
    const { repository, ref } = this.#branch;
    return `counted ${repository.prefix} ${ref}`;
  }
}

const FEW = 100;
