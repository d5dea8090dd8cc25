import { join } from 'node:path';
import { EVENTS } from '../../../events/event-path.js';
import { noneIfRefused } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { shellWord } from '../../files/shell-word.js';
import type { Policy } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Progress } from '../../progress.js';
import { existsSync } from '../../world/files.js';
import { CountedEvents, type Judgement } from '../counted/index.js';
import { Cache } from '../fold/cache.js';
import { isEventMode } from '../fold/fold.js';
import { commitsUpTo, listRange } from '../git/ancestry.js';
import type { ParsedCommit } from '../git/commit.js';
import { headRef } from '../git/head.js';
import { isPartial, Objects } from '../git/objects.js';
import { listEntries, listFiles, readTexts } from '../git/program/bulk-read.js';
import { git, hasGit } from '../git/program/git-program.js';
import { rawDiff } from '../git/program/raw-diff.js';
import { readRef, SEEN } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { resolveRevision } from '../git/revisions.js';
import { FILE, TREE, type TreeEntry, type TreeFile } from '../git/tree.js';
import { commitsThatAdded } from '../history/provenance.js';
import { sharedBranchOf } from '../remote/remote-of.js';
import type { AllowedSigner } from '../signatures/allowed-signers.js';
import { verifyCommit } from '../signatures/verify-commit.js';
import type { Verdict } from '../verdict.js';
import { changesOf, type FileChange } from './history-changes.js';

/** Who may sign, in the format of ssh-keygen(1). */
const SIGNERS = 'allowed_signers';
/** Fewer texts are read without starting git. */
const FEW = 200;
/** Bytes; a line of a reflog has about 200. */
const LARGEST_REFLOG = 512 * 2 ** 20;

interface ListedEntry {
  path: string;
  isFolder: boolean;
  oid: string;
}

interface AboutCommit {
  author: ParsedCommit['author'];
  time: number;
  subject: string;
  parents: string[];
  coauthors: ParsedCommit['author'][];
}

export class Audit {
  readonly #objects: Objects;

  constructor(
    private readonly repository: Repository,
    private readonly progress?: Progress | undefined,
  ) {
    this.#objects = new Objects(repository.commondir);
  }

  /** Runs `work` with the audit of a repository, which is closed afterwards. */
  static async of<T>(repository: Repository, work: (audit: Audit) => Promise<T>): Promise<T> {
    const audit = new Audit(repository);
    return work(audit).finally(() => audit.close());
  }

  async commit(revision = 'HEAD'): Promise<string> {
    return resolveRevision(this.repository, headRef(this.repository.gitdir) ?? 'HEAD', revision);
  }

  /** Whether git is there to walk the history; without it, commits are read one by one. */
  get canWalk(): boolean {
    return hasGit();
  }

  /** All files below `events/` of a commit, by path from the registry's root. */
  async files(commit: string): Promise<Map<string, TreeFile>> {
    const events = await this.#objects.treeOf(commit, this.repository.prefix + EVENTS);
    this.progress?.({ doing: 'listing events' });
    const listed = events && hasGit() ? await listFiles(this.repository.commondir, events) : undefined;
    if (listed) return new Map(listed.map(({ path, oid, mode }) => [`${EVENTS}/${path}`, { oid, mode }]));
    return this.#filesOf(commit, (path) => path === EVENTS || path.startsWith(`${EVENTS}/`));
  }

  async oids(commit: string): Promise<Map<string, string>> {
    return new Map([...(await this.files(commit))].map(([path, { oid }]) => [path, oid]));
  }

  async otherFiles(commit: string): Promise<Map<string, TreeFile>> {
    return this.#filesOf(commit, (path) => path !== EVENTS);
  }

  async #filesOf(commit: string, keep: (path: string) => boolean): Promise<Map<string, TreeFile>> {
    const root = await this.#objects.treeOf(commit, this.repository.prefix);
    const found = new Map<string, TreeFile>();
    this.progress?.({ doing: 'listing events' });
    if (root)
      for await (const { path, mode, oid } of this.#below(root, '', keep))
        if (mode !== TREE) found.set(path, { oid, mode });
    return found;
  }

  /** All entries of the registry's tree and its subtrees, in order; each folder before its entries. */
  async entries(commit: string): Promise<ListedEntry[]> {
    const root = await this.#objects.treeOf(commit, this.repository.prefix);
    if (root === undefined) return [];
    const listed = hasGit() ? await listEntries(this.repository.commondir, root) : undefined;
    if (listed) return listed.map(({ path, oid, mode }) => ({ path, oid, isFolder: mode === '040000' }));
    const found: ListedEntry[] = [];
    for await (const { path, oid, mode } of this.#below(root))
      found.push({ path, oid, isFolder: mode === TREE });
    return found;
  }

  /** In a monorepo, for the registry's folder and each folder above: its name, and those of its siblings. */
  async siblingFolders(commit: string): Promise<{ own: string; others: string[] }[]> {
    const { tree } = await this.#objects.readCommit(commit);
    const found: { own: string; others: string[] }[] = [];
    let at: string | undefined = tree;
    for (const own of this.repository.prefix.split('/').filter(Boolean)) {
      const entries: TreeEntry[] = at === undefined ? [] : await this.#objects.readTree(at);
      found.push({ own, others: entries.map(({ name }) => name).filter((name) => name !== own) });
      at = entries.find(({ name }) => name === own)?.oid;
    }
    return found;
  }

  async text(commit: string, path: string): Promise<string | undefined> {
    return this.textFromRoot(commit, this.repository.prefix + path);
  }

  /** By path from the repository's root, which in a monorepo differs from the registry's. */
  async textFromRoot(commit: string, path: string): Promise<string | undefined> {
    const { tree } = await this.#objects.readCommit(commit);
    const entry = await this.#objects.entryAt(tree, path, FILE);
    return entry && this.blob(entry.oid);
  }

  /** An object that is too large for an event has an empty text. */
  async texts(oids: Iterable<string>): Promise<Map<string, string>> {
    const wanted = [...new Set(oids)];
    this.progress?.({ doing: `reading ${wanted.length} events` });
    const found = new Map<string, string>();
    const take = (text: string | undefined, index: number) => void found.set(wanted[index]!, text ?? '');
    if (wanted.length > FEW && hasGit() && (await readTexts(this.repository.commondir, wanted, take)))
      return found;
    for (const [oid, text] of await this.#objects.readEvents(wanted)) found.set(oid, text ?? '');
    return found;
  }

  async policy(commit: string): Promise<Policy> {
    const { tree } = await this.#objects.readCommit(commit);
    const entry = await this.#objects.anyAt(tree, this.repository.prefix + POLICY_PATH);
    if (!entry || !isEventMode(entry.mode)) {
      throw new VportsError('REGISTRY_NOT_FOUND', `commit ${commit.slice(0, 10)} has no ${POLICY_PATH}`, {
        hint: 'give the folder of the registry: --registry DIR',
      });
    }
    return this.#policyIn(entry.oid);
  }

  async #policyIn(oid: string): Promise<Policy> {
    return parsePolicy(await this.blob(oid), POLICY_PATH);
  }

  /** All readable policies of `head` and the commits before it. Throws if git fails. */
  async policiesBefore(head: string): Promise<Policy[]> {
    const path = this.repository.prefix + POLICY_PATH;
    const oids = hasGit() ? await this.#policyOids(head, path) : await this.#policyOidsByWalk(head, path);
    const found: (Policy | undefined)[] = [];
    for (const oid of oids) found.push(await this.#policyIn(oid).catch(noneIfRefused));
    return found.filter((it) => it !== undefined);
  }

  async #policyOidsByWalk(head: string, path: string): Promise<Set<string>> {
    const found = new Set<string>();
    for (const commit of (await commitsUpTo(this.#objects, head, undefined)).keys()) {
      const entry = await this.#objects.anyAt((await this.#objects.readCommit(commit)).tree, path);
      if (entry && isEventMode(entry.mode)) found.add(entry.oid);
    }
    return found;
  }

  async #policyOids(head: string, path: string): Promise<Set<string>> {
    const options = ['--format=', '--raw', '--no-abbrev', '--no-renames', '--full-history', '-m'];
    const lines = await this.#lines(['--literal-pathspecs', 'log', ...options, head, '--', path]);
    return new Set(lines.flatMap((line) => /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]{40}) [AMT]/.exec(line)?.[1] ?? []));
  }

  async commitsOf(head: string, paths: string[]): Promise<Map<string, string>> {
    if (paths.length === 0) return new Map();
    return commitsThatAdded(this.repository, this.#objects, { head }, paths);
  }

  async about(commit: string): Promise<AboutCommit> {
    const { author, time, message, parents } = await this.#objects.readCommit(commit);
    const named = [...message.matchAll(/^Co-authored-by: ?(.*?) ?<([^<>\n]*)>\s*$/gim)];
    const coauthors = named.map(([, name = '', email = '']) => ({ name, email }));
    return { author, time, subject: message.split('\n', 1)[0]!.slice(0, 100), parents, coauthors };
  }

  /** The merge bases of two commits, empty for unrelated ones. Throws if git fails. */
  async mergeBases(one: string, other: string): Promise<string[]> {
    // git exits with 1 and without output if there is none, which cannot be distinguished from a failure.
    const [mine, theirs] = [await this.#rootsOf(one), await this.#rootsOf(other)];
    if (!mine.some((it) => theirs.includes(it))) return [];
    return this.#lines(['merge-base', '--all', one, other]);
  }

  #rootsOf(commit: string): Promise<string[]> {
    return this.#lines(['rev-list', '--max-parents=0', commit]);
  }

  async countCommits(head: string, without: string[] = []): Promise<number> {
    if (!hasGit() && without.length === 0) return (await commitsUpTo(this.#objects, head, undefined)).size;
    if (without.length === 0) return Number((await this.#lines(['rev-list', '--count', head]))[0]);
    const listed = await listRange(this.repository.commondir, { heads: [head], without });
    if (!listed) throw notAsked(this.repository);
    return listed.size;
  }

  /** Changes of files of the log by the commits of `head`, without those of others, oldest first. Throws if git fails. */
  async changes(head: string, without: string[] = []): Promise<FileChange[]> {
    const found = await changesOf(this.repository, this.#objects, head, without);
    if (found) return found;
    throw notAsked(this.repository);
  }

  /** Judges a commit as a head of the shared branch: which of its events differ from their first version. */
  async judgement(commit: string): Promise<Judgement> {
    const repository = this.repository;
    const ref = sharedBranchOf(repository) ?? 'refs/heads/main';
    const branch = { repository, objects: this.#objects, ref };
    return new CountedEvents(branch, new Cache(repository.commondir)).judgeFromStart(commit);
  }

  /** The counting oids at these paths, according to a judgement of a commit. */
  async firstCounted(commit: string, { edited }: Judgement, paths: string[]): Promise<Map<string, string>> {
    const { tree } = await this.#objects.readCommit(commit);
    const found = new Map<string, string>();
    for (const path of paths) {
      const first =
        edited.get(path)?.first ?? (await this.#objects.anyAt(tree, this.repository.prefix + path));
      if (first) found.set(path, first.oid);
    }
    return found;
  }

  /** Whether a commit is signed by SSH, with a key that these signers give to each of these addresses. */
  async signatureOf(commit: string, signers: AllowedSigner[], emails: string[]): Promise<Verdict> {
    return verifyCommit((await this.#objects.read(commit)).content, signers, emails);
  }

  /**
   * The blob of `allowed_signers` that each event of a commit is judged by: that of the shared branch just before the event came there.
   * Undefined for one that came before there was any. Throws where git cannot be asked.
   */
  async signersOfEvents(head: string): Promise<Map<string, string | undefined>> {
    const { commondir, prefix } = this.repository;
    const line = await this.#lines(['rev-list', '--first-parent', '--reverse', '--parents', head]);
    const asked = line.map((it) => it.slice(0, 81));
    const paths = [EVENTS, SIGNERS].map((it) => prefix + it);
    const changes = await rawDiff(commondir, asked, paths, ['--root']);
    if (changes === undefined) throw notAsked(this.repository);
    const found = new Map<string, string | undefined>();
    let [commit, before, now]: [string, string | undefined, string | undefined] = ['', undefined, undefined];
    for (const change of changes) {
      if (change.commit !== commit) [commit, before] = [change.commit, now];
      const path = change.path.slice(prefix.length);
      if (path === SIGNERS) now = change.after;
      else if (!found.has(path)) found.set(path, before);
    }
    return found;
  }

  async contains(head: string, commit: string): Promise<boolean> {
    return (await commitsUpTo(this.#objects, head, undefined)).has(commit);
  }

  async blob(oid: string): Promise<string> {
    return this.#objects.readText(oid);
  }

  /** Paths outside of the registry's folder that differ between two commits, from the repository's root. */
  async changedElsewhere(one: string, other: string): Promise<string[]> {
    const { prefix, commondir } = this.repository;
    if (prefix === '') return [];
    const options = ['-r', '-z', '--name-only', '--no-renames', '--no-ext-diff'];
    const output = await git(['diff-tree', ...options, one, other], { commondir });
    if (output === undefined) throw notAsked(this.repository);
    const paths = output.toString('utf8').split('\0').filter(Boolean);
    return paths.filter((path) => !path.startsWith(prefix));
  }

  /** The commits of `head`, without those of another one, that change a file of the registry. */
  async commitsThatChange(head: string, without: string, path: string): Promise<string[]> {
    const range = [head, `^${without}`, '--', this.repository.prefix + path];
    return this.#lines(['--literal-pathspecs', 'log', '--format=%H', '--full-history', ...range]);
  }

  /**
   * Commits that vports wrote to or fetched for the shared branch and that `head` lacks, newest first: from the reflog and the last
   * accepted head. Empty without git, and on another branch.
   */
  async lost(head: string): Promise<string[]> {
    const ref = headRef(this.repository.gitdir);
    if (ref === undefined || readRef(this.repository, ref) !== head || ref !== this.#sharedRef()) return [];
    const log = join(this.repository.commondir, 'logs', ref);
    const lines = existsSync(log) ? readRegularBytes(log, LARGEST_REFLOG).toString('utf8').split('\n') : [];
    const written = lines.flatMap(
      (line) => /^[0-9a-f]{40} ([0-9a-f]{40}) .*\tvports: /.exec(line)?.[1] ?? [],
    );
    const seen = readRef(this.repository, SEEN);
    const known = [...new Set([...written, ...(seen ? [seen] : [])])];
    if (known.length === 0) return [];
    const range = { heads: known, without: [head] };
    return [
      ...((await listRange(this.repository.commondir, range, ['--ignore-missing'])) ?? new Map()).keys(),
    ];
  }

  /** In a monorepo, and on one's own branch, authors may rebase commits. */
  #sharedRef(): string | undefined {
    if (this.repository.prefix !== '') return undefined;
    return sharedBranchOf(this.repository);
  }

  /** Adds to an error of reading history which objects are damaged, and what refers to them. */
  async explained(error: unknown): Promise<unknown> {
    const isOurs =
      error instanceof VportsError && ['LOG_DAMAGED', 'UNSUPPORTED_REPOSITORY'].includes(error.code);
    // A partial clone lacks objects that it may fetch, which is no damage.
    if (!isOurs || !hasGit() || isPartial(this.repository.commondir)) return error;
    const { damageOf } = await import('./damaged-log.js');
    return (await damageOf(this.repository)) ?? error;
  }

  close(): void {
    this.#objects.close();
  }

  async *#below(
    tree: string,
    folder = '',
    keep: (path: string) => boolean = () => true,
  ): AsyncGenerator<TreeFile & { path: string }> {
    for (const { name, mode, oid } of await this.#objects.readTree(tree)) {
      const path = folder + name;
      if (!keep(path)) continue;
      yield { path, mode, oid };
      if (mode === TREE) yield* this.#below(oid, `${path}/`, keep);
    }
  }

  async #lines(args: string[]): Promise<string[]> {
    const output = await git(args, { commondir: this.repository.commondir });
    if (output === undefined) throw notAsked(this.repository);
    return output.toString('latin1').split('\n').filter(Boolean);
  }
}

/** A failed git must never look like "no changes". */
function notAsked(repository: Repository): VportsError {
  return new VportsError(
    'UNSUPPORTED_REPOSITORY',
    hasGit()
      ? `cannot read the history of ${repository.commondir}: git failed or could not be started`
      : `cannot read the history of ${repository.commondir}: git is not on the PATH`,
    {
      hint: hasGit()
        ? `\`git --git-dir=${shellWord(repository.commondir)} fsck\` may find the cause`
        : 'install git',
    },
  );
}
