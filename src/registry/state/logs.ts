import { dirname, join } from 'node:path';
import { Holdings } from '../../../events/holdings.js';
import type { PortKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { dataFolder, isPrivateFolder } from '../../files/user-folders.js';
import type { EventLog, LogState } from '../../log/event-log.js';
import { Cache } from '../../log/fold/index.js';
import { hasTrustedOwner, headRef, openRepository, type Repository, realPath } from '../../log/git/index.js';
import { openLocalLog, openRegistryLog } from '../../log/open-log.js';
import { type RemoteOf, remoteOf, withoutSecrets } from '../../log/remote/index.js';
import type { Progress } from '../../progress.js';
import { existsSync, mkdirSync, realpathSync, writeFileSync } from '../../world/files.js';
import type { LogName, Placed } from '../decide/decision.js';
import type { Elsewhere } from '../decide/view.js';
import { hostLogPath, type Place } from '../locate/locate-registry.js';
import { heldElsewhere, keepRegistry, keptHead, placeOf } from '../locate/other-registries.js';
import { requireTrust } from '../locate/trust.js';
import { type ProjectHere, projectHere } from '../project/project-here.js';

export interface RequestWish {
  /** Each change goes to a branch, and a request is opened for that. */
  open?: boolean | undefined;
  draft?: boolean | undefined;
  /** Until it is merged or closed. */
  wait?: boolean | undefined;
}

/**
 * The two logs behind a registry. The host log comes into being with its first lease, the embedded registry with its
 * first event; until then an empty log replaces them.
 */
export class Logs {
  /** Registry and host log are the same. */
  readonly embedded: boolean;
  readonly #branches = new Map<string, Logs>();
  /** A command only judges the streams it answers from. */
  judgesAnswersOnly = false;
  /** Whether it is the only writer right now. */
  writing = false;
  policyFault: string | undefined;
  hostFault: string | undefined;
  /** What its user wants to become of a pushed branch, whatever the policy says. */
  requests: RequestWish = {};
  asks: { cwd: string; project?: string | undefined } | undefined;
  #project: { here: ProjectHere | undefined } | undefined;
  #registry: EventLog | undefined;
  #host: EventLog | undefined;
  #opened: Repository | undefined;
  #remote: RemoteOf | undefined;
  #hasWritten = false;

  constructor(
    readonly place: Place,
    readonly branch?: string,
    readonly progress?: Progress,
  ) {
    this.embedded = samePlace(place.path, hostLogPath());
  }

  /** The same registry on a branch, for a pull request. */
  onBranch(branch: string): Logs {
    const known = this.#branches.get(branch) ?? new Logs(this.place, branch, this.progress);
    this.#branches.set(branch, known);
    known.asks = this.asks;
    known.requests = this.requests;
    return known;
  }

  project(): ProjectHere | undefined {
    this.#project ??= { here: this.asks && projectHere(this.asks.cwd, this.asks.project) };
    return this.#project.here;
  }

  gitdir(): string {
    return this.#repository()?.commondir ?? this.place.path;
  }

  /** Has a remote. */
  get shared(): boolean {
    return !this.embedded && (this.#repository()?.config.names('remote').length ?? 0) > 0;
  }

  /** The remote that vports itself publishes to. */
  remote(): RemoteOf | undefined {
    const repository = this.embedded ? undefined : this.#repository();
    this.#remote ??= repository && remoteOf(repository);
    return this.#remote;
  }

  /** The branch named by the remote's HEAD, else the checked-out one. */
  sharedRef(): string {
    const repository = this.#repository();
    return this.remote()?.shared ?? (repository && headRef(repository.gitdir)) ?? 'refs/heads/main';
  }

  async registry(): Promise<EventLog> {
    if (this.embedded) return this.host();
    if (this.place.remote !== undefined && !existsSync(this.place.path)) {
      isPrivateFolder(dataFolder());
      await (await import('../../log/create/index.js')).cloneRegistry(this.place.remote, this.place.path);
    }
    this.#requireOwned();
    this.#registry ??= await openRegistryLog(this.place.path, {
      branch: this.branch,
      progress: this.progress,
      beforePush: this.beforePush,
    });
    return this.#registry;
  }

  /** A push runs hooks of a local repository, so a registry named only by a project file needs trust. */
  get beforePush(): ((url: string) => void) | undefined {
    return this.place.from === 'project' ? requireTrust : undefined;
  }

  /** Only for registries named by a project file. Throws NOT_TRUSTED. */
  #requireOwned(): void {
    const repository = this.place.from === 'project' && !this.place.remote ? this.#repository() : undefined;
    if (!repository) return;
    const folder = repository.worktree ?? repository.commondir;
    if ([folder, repository.commondir].every((it) => hasTrustedOwner(it, folder))) return;
    throw new VportsError(
      'NOT_TRUSTED',
      `${folder} is owned by another user, and only a file of this project names it`,
      {
        hint: `\`git config --global --add safe.directory ${shellWord(folder)}\`, or pass --registry`,
        details: { path: folder },
      },
    );
  }

  async host(): Promise<EventLog> {
    if (this.#host) return this.#host;
    if (existsSync(hostLogPath())) this.#host = this.#openHost();
    return this.#host ?? (await import('../../log/empty-log.js')).emptyLog();
  }

  /** Empty without a host log. */
  async hostState(): Promise<Pick<LogState, 'head' | 'holdings' | 'damaged'>> {
    const none = { head: undefined, holdings: new Holdings(), damaged: new Map() };
    if (!this.#host && !existsSync(hostLogPath())) return none;
    try {
      return await (await this.host()).reader.state();
    } catch (error) {
      if (!(error instanceof VportsError)) throw error;
      // It only has leases; the registry is valid without them.
      this.hostFault = error.message;
      return none;
    }
  }

  #openHost(): EventLog {
    try {
      return openLocalLog(hostLogPath(), {
        branch: this.embedded ? this.branch : undefined,
        progress: this.progress,
      });
    } catch (error) {
      if (!(error instanceof VportsError)) throw error;
      throw new VportsError('LOG_DAMAGED', `cannot read the log of this machine: ${error.message}`, {
        hint: 'repair it with `vports doctor --fix`',
        details: { path: hostLogPath() },
        cause: error,
      });
    }
  }

  /** Creates missing logs for these events. Returns the path of the embedded registry if created. */
  async create(events: Placed[]): Promise<string | undefined> {
    const needed = this.embedded || events.some(({ log }) => log === 'host');
    if (!needed || existsSync(hostLogPath())) return undefined;
    const { createRegistry } = await import('../../log/create/index.js');
    // Leases and clone URLs are private.
    const isOurs = !hostLogPath().startsWith(dataFolder()) || isPrivateFolder(dataFolder());
    if (!isOurs && process.getuid?.() === 0) {
      throw new VportsError(
        'CANNOT_WRITE',
        `${dataFolder()} is in the home of another user; root would lock that user out`,
        {
          hint: 'run this without sudo, or with `sudo -H`',
        },
      );
    }
    await createRegistry(hostLogPath(), { bare: true, sign: false });
    return this.embedded ? hostLogPath() : undefined;
  }

  /** Runs `work` as the only allocator on this machine and the only writer of the affected logs. */
  async exclusively<T>(events: Placed[], work: () => Promise<T>): Promise<T> {
    const write = async () => {
      this.writing = true;
      try {
        this.#hasWritten = true;
        return await work();
      } finally {
        this.writing = false;
      }
    };
    const logs: EventLog[] = [];
    if (this.#concerns(events, 'registry') || events.length === 0) logs.push(await this.registry());
    if (this.#concerns(events, 'host')) logs.push(await this.host());
    // A lease looks at the registry and a claim at the host log: one lock over both, or each could miss the other. It is taken last: who
    // waits for a lock of one registry must not keep those from granting who write to another.
    const alone = () => (this.embedded ? write() : this.alone('granting', write));
    return logs.reduceRight<() => Promise<T>>((inner, log) => () => log.writer.exclusively(inner), alone)();
  }

  /** Whether the locks taken for `basis` suffice for `events`. */
  cover(basis: Placed[], events: Placed[]): boolean {
    const logs = (['registry', 'host'] as const).filter((name) => this.#concerns(events, name));
    return logs.every((name) => this.#concerns(basis, name) || (basis.length === 0 && name === 'registry'));
  }

  nameOf(log: LogName): LogName {
    return this.embedded ? 'registry' : log;
  }

  async named(log: LogName): Promise<EventLog> {
    return this.nameOf(log) === 'registry' ? this.registry() : this.host();
  }

  #concerns(events: Placed[], name: LogName): boolean {
    return events.some(({ log }) => this.nameOf(log) === name);
  }

  #repository(): Repository | undefined {
    this.#opened ??= existsSync(this.place.path) ? openRepository(this.place.path) : undefined;
    return this.#opened;
  }

  /** Returns true the first time. */
  markFirstPush(): boolean {
    if (this.place.from !== 'project' || this.place.remote === undefined) return false;
    return this.markOnce('pushed');
  }

  /** Returns true the first time. */
  markOnce(what: string): boolean {
    const mark = join(this.gitdir(), 'vports', what);
    if (existsSync(mark)) return false;
    try {
      mkdirSync(dirname(mark), { recursive: true });
      writeFileSync(mark, '');
    } catch {}
    return true;
  }

  /** The surrounding repository; undefined unless the registry is a folder of a monorepo. */
  monorepo(): { repository: Repository; worktree: string } | undefined {
    const repository = this.embedded || this.branch !== undefined ? undefined : this.#repository();
    if (!repository?.prefix || repository.worktree === null) return undefined;
    return { repository, worktree: repository.worktree };
  }

  /** Faults that readers report and survive. */
  async faults(): Promise<Warning[]> {
    const { policyFault, hostFault } = this;
    const found: Warning[] = [];
    if (policyFault !== undefined) {
      const message = `${policyFault}; using the last readable policy`;
      found.push({ code: 'BAD_POLICY', message, hint: 'restore it with `vports doctor --fix`' });
    }
    if (hostFault !== undefined) {
      const message = `cannot read the leases of this machine: ${hostFault}`;
      found.push({ code: 'LOG_DAMAGED', message, hint: 'repair its log with `vports doctor --fix`' });
    }
    return [...found, ...(await this.interrupted())];
  }

  /** Unfinished writes of a killed process; readers leave them alone. */
  async interrupted(): Promise<Warning[]> {
    const repository = this.#repository();
    const mark = repository && join(repository.commondir, 'vports');
    const left = ['journal.json', 'journal-undo.json', 'index.mark'];
    if (!mark || !left.some((name) => existsSync(join(mark, name)))) return [];
    const { isInterrupted } = await import('../../log/inspect/index.js');
    if (!(await isInterrupted(repository))) return [];
    return [
      {
        code: 'UNFINISHED_WRITE',
        message: `a write to ${repository.worktree ?? repository.commondir} was interrupted and is unfinished`,
        hint: 'complete it with `vports doctor --fix`; do not delete index.lock',
      },
    ];
  }

  /** Like EventLog.blocks(), for both logs. */
  async blocks(): Promise<Map<string, string>> {
    const blocks = new Map(await (await this.registry()).reader.blocks());
    if (this.embedded || (!this.#host && !existsSync(hostLogPath()))) return blocks;
    await this.hostState();
    if (this.hostFault !== undefined) return blocks;
    for (const [path, name] of await (await this.host()).reader.blocks())
      blocks.set(path, `${blocks.get(path) ?? ''} ${name}`);
    return blocks;
  }

  /** Undefined without a registry. */
  cache(): { cache: Cache; prefix: string } | undefined {
    const repository = this.#repository();
    return repository && { cache: new Cache(repository.commondir), prefix: repository.prefix };
  }

  /** Not in CI, where every machine is new. */
  elsewhere(registry: Holdings, machine: Holding[]): Map<PortKey, Elsewhere> | undefined {
    if (process.env.CI) return undefined;
    const found = heldElsewhere(this.#sharedPlace(), registry, machine);
    return found.size > 0 ? found : undefined;
  }

  async #keep(): Promise<void> {
    if (process.env.CI || this.embedded || this.judgesAnswersOnly || !this.#registry) return;
    const head = keptHead(this.place.path);
    if (head === undefined && !this.#hasWritten) return;
    const now = await this.#registry.reader.state();
    if (now.head === undefined || now.head === head) return;
    const { path } = this.place;
    const name = withoutSecrets(this.remote()?.url ?? path);
    keepRegistry({ path, name, place: this.#sharedPlace(), head: now.head }, now.holdings);
  }

  #sharedPlace(): string {
    return placeOf(this.place.path, this.remote()?.url);
  }

  async close(): Promise<void> {
    await this.#keep().catch(() => undefined);
    const others = [...this.#branches.values()].map((it) => it.close());
    await Promise.all([this.#registry?.close(), this.#host?.close(), ...others]);
  }

  /**
   * Runs `work` as the only one on this machine that does this kind of thing. Who cannot write to the data folder has
   * no leases there to miss, and goes on without.
   */
  async alone<T>(what: 'granting' | 'documents', work: () => Promise<T>): Promise<T> {
    const { WriterLock } = await import('../../log/lock/index.js');
    const { withWriteErrors } = await import('../../log/append/index.js');
    const folder = realPath(join(dirname(hostLogPath()), what));
    let lock: { release(): void };
    try {
      lock = await withWriteErrors(folder, () => WriterLock.acquire(folder, 30_000, this.progress));
    } catch (error) {
      const { errno } = (error as VportsError).details ?? {};
      if (!['EACCES', 'EPERM', 'EROFS'].includes(String(errno))) throw error;
      return work();
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }
}

function samePlace(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => (existsSync(path) ? realpathSync(path) : path));
  return one === other;
}
