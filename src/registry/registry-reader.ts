import { resolve } from 'node:path';
import { comparePorts, type PortRef, portKey, refOf } from '../../events/port.js';
import { variableFor } from '../documents/plan-documents.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { VportsError, type Warning } from '../errors.js';
import { fromHere } from '../files/from-here.js';
import type { Listener } from '../host/listener.js';
import type { OpenClaim } from '../log/event-log.js';
import { withoutSecrets } from '../log/remote/index.js';
import type { Policy } from '../policy/policy.js';
import type { Progress } from '../progress.js';
import { heldElsewhere, holderAt, type View } from './decide/view.js';
import type { Verified } from './gate/verdict.js';
import type { Surroundings } from './here/index.js';
import { meansPort, requirePort, requirePortName, requireResource } from './input.js';
import { lensOn, ofOtherProjects } from './project/own-view.js';
import { type Check, check, notTheHolder } from './query/check.js';
import {
  damages,
  type HistoryFilter,
  type ListedPort,
  type ListFilter,
  list,
  listed,
  matcherOf,
  only,
  type RangeUse,
  ranges,
  show,
} from './query/queries.js';
import type { Stats } from './query/stats.js';
import { type Tenancy, tenanciesOf } from './query/tenancy.js';
import { namedFolder, requireFolder } from './state/folders.js';
import { type EventWithOrigin, historyOf, originsOfGrants } from './state/history.js';
import { judgedAnswer } from './state/judged-answer.js';
import { loadView } from './state/load-view.js';
import type { Place } from './state/locate-registry.js';
import { Logs } from './state/logs.js';
import { momentOf, requireMoment } from './state/moment.js';
import { waitingWarnings, withOwnClaims } from './state/own-claims.js';
import { onThisHost } from './state/port-on-host.js';
import { withPullRequests } from './state/pull-requests.js';
import { viewAt } from './state/state-at.js';
import type { CheckedDocuments } from './verbs/ci.js';
import type { Differences } from './verbs/diff.js';
import type { MappedRegistry } from './verbs/map.js';
import type { Replayed } from './verbs/replay.js';
import type { Review } from './verbs/review.js';

/** Within a stream whose clock went backwards an event may stand up to a day from its own time, in milliseconds. */
const DAY = 86_400_000;

/** One past or present state to read: a revision of the registry, or a time, as typed after `--at`. */
export interface At {
  at?: string | undefined;
}

/** Who has a port, all that was before, and who is bound to it now. */
export interface Who extends PortRef {
  holder: ListedPort | null;
  /** Who wants it on a branch that is not merged yet. */
  claim: OpenClaim | null;
  /** Whoever had it, the oldest first. */
  holders: Tenancy[];
  history: EventWithOrigin[];
  listeners: Listener[];
  warnings: Warning[];
}

/** What can be asked of a registry and this machine's host log. Throws VportsError. */
export class RegistryReader {
  readonly place: Place;
  /** @internal */
  protected readonly logs: Logs;
  protected readonly cwd: string;

  protected constructor(
    place: Place,
    cwd: string,
    branch: string | undefined,
    progress?: Progress,
    project?: string,
  ) {
    this.place = place;
    this.cwd = cwd;
    this.logs = new Logs(place, branch, progress);
    this.logs.asks = { cwd, project };
  }

  /** The project whose names are said here, and where its id comes from; undefined outside of a repository. */
  get project(): { id: string | undefined; from: string } | undefined {
    const here = this.logs.project();
    return here && { id: here.id, from: here.from };
  }

  /** The name on record of what is called so here. */
  protected onRecord(view: View, name: string): string {
    return lensOn(this.logs, view, { reads: true }).literal(name);
  }

  /** Where vports publishes what it writes, without passwords; undefined for a registry that it shares with nobody. */
  get remote(): string | undefined {
    const remote = this.logs.remote();
    return remote && withoutSecrets(remote.url);
  }

  /** Throws UNKNOWN_RESOURCE, NOT_HELD. Looks at no document and at nothing on this machine. */
  async get(
    resource: string,
    name: string | undefined,
    at: At = {},
  ): Promise<PortRef & { warnings: Warning[] }> {
    requireResource(resource);
    if (name !== undefined) requirePortName(name);
    const answer = () => this.#getNow(resource, name, at);
    return at.at === undefined ? judgedAnswer(this.logs, answer, (it) => [it]) : answer();
  }

  async #getNow(
    resource: string,
    name: string | undefined,
    at: At,
  ): Promise<PortRef & { warnings: Warning[] }> {
    const view = await this.viewHere(at);
    const on = this.onRecord(view, resource);
    const ports = show(view, on);
    const others = ofOtherProjects(this.logs, view, [{ resource: on }]);
    const holding = name === undefined ? (ports.get('main') ?? only(resource, ports)) : ports.get(name);
    if (holding)
      return {
        port: holding.port,
        protocol: holding.protocol,
        warnings: [...waitingWarnings(view, [holding]), ...others],
      };
    throw new VportsError('NOT_HELD', `${resource} holds no port called ${name}`, {
      hint: `it holds ${[...ports.keys()].join(', ')}`,
      details: { resource, name, names: [...ports.keys()] },
    });
  }

  /** Without `host` the logs alone are asked, as for the past. */
  async check(
    port: string,
    options: At & { for?: string | undefined; host?: boolean | undefined } = {},
  ): Promise<Check> {
    const ref = requirePort(port);
    if (options.for !== undefined) requireResource(options.for);
    const view = await this.viewWithClaims(options);
    const asker = options.for === undefined ? undefined : this.onRecord(view, options.for);
    const looks = options.host !== false && options.at === undefined;
    return check(view, ref, looks ? await onThisHost(view, ref) : null, asker);
  }

  /** All ports of a resource, each as asked for by the resource itself. Throws UNKNOWN_RESOURCE. */
  async checkResource(
    resource: string,
    options: At & { for?: string | undefined } = {},
  ): Promise<Map<string, Check>> {
    requireResource(resource);
    if (options.for !== undefined) requireResource(options.for);
    const view = await this.view(options);
    const checks = new Map<string, Check>();
    const asker = this.onRecord(view, options.for ?? resource);
    for (const [name, holding] of show(view, this.onRecord(view, resource))) {
      const { port, protocol } = holding;
      const here = options.at === undefined ? await onThisHost(view, holding) : null;
      checks.set(name, check(view, { port, protocol }, here, asker));
    }
    return checks;
  }

  /** `commits` says whether the commits that brought the ports are asked for. Throws UNKNOWN_RESOURCE. */
  async show(
    resource: string,
    { commits = true, ...at }: At & { commits?: boolean | undefined } = {},
  ): Promise<Map<string, ListedPort & { env: string; commit: string | null }>> {
    requireResource(resource);
    const view = await this.view(at);
    const ports = show(view, this.onRecord(view, resource));
    const folder = this.folderOf(resource, undefined);
    const origins = commits ? await originsOfGrants(this.logs, [...ports.values()]) : new Map();
    return new Map(
      [...ports].map(([name, holding]) => {
        const env = variableFor(folder, resource, name);
        return [name, { ...listed(view, holding), env, commit: origins.get(holding.event)?.commit ?? null }];
      }),
    );
  }

  /** What `--at` means: a commit and its time, or a time. ISO times. Throws BAD_REVISION, BAD_TIME. */
  async moment(at: string): Promise<{ commit: string; at: string } | { at: string }> {
    const moment = momentOf(at, Date.now());
    if ('time' in moment) return { at: new Date(moment.time).toISOString() };
    const log = await this.logs.registry();
    const commit = (await log.reader.stateAt(moment.revision)).head!;
    return { commit, at: new Date((await log.reader.commit(commit)).time * 1000).toISOString() };
  }

  /** What cannot be read of the registry, as warnings: of one port, or of all. */
  async damages(port?: string, at: At = {}): Promise<Warning[]> {
    return damages(await this.view(at), port === undefined ? undefined : requirePort(port));
  }

  async list(filter: ListFilter & At = {}): Promise<ListedPort[]> {
    return list(await this.view(filter), filter);
  }

  /** What open branches want, by port. */
  async claims(): Promise<(PortRef & OpenClaim)[]> {
    const claimed = await (await this.logs.registry()).reader.claims();
    return [...claimed].map(([key, claim]) => ({ ...refOf(key), ...claim })).sort(comparePorts);
  }

  async ranges(at: At = {}): Promise<RangeUse[]> {
    return ranges(await this.view(at));
  }

  /** How full the ranges are and were, who holds how many, and claims that nobody has listened on here for so many days. */
  async stats({ unusedDays = 30 }: { unusedDays?: number | undefined } = {}): Promise<Stats> {
    const { stats } = await import('./verbs/stats.js');
    return stats(this.logs, unusedDays);
  }

  async who(port: string, options: At = {}): Promise<Who> {
    const ref = requirePort(port);
    const view = await this.viewWithClaims(options);
    const holder = holderAt(view, ref);
    const history = (await this.log({ ports: [ref], at: options.at })).reverse();
    const here = options.at === undefined ? await onThisHost(view, ref) : undefined;
    const stranger = holder && here?.stranger;
    return {
      ...ref,
      holder: holder ? listed(view, holder) : null,
      claim: view.claimed?.get(portKey(ref)) ?? null,
      holders: await withPullRequests(this.logs, tenanciesOf(history)),
      history,
      listeners: here?.listeners ?? [],
      warnings: [
        ...damages(view, ref),
        ...heldElsewhere(view, ref),
        ...(stranger ? [notTheHolder(view, ref, holder.resource, stranger)] : []),
        ...(here?.hazards ?? []),
      ],
    };
  }

  /**
   * Events, the newest first, `limit` at most. `about` is a port or a resource, times are as typed; `before` is the id of an
   * event: those that come after it in this order. Throws BAD_USAGE where no such event matches.
   */
  async log(
    filter: Omit<HistoryFilter, 'since' | 'until'> &
      At & {
        about?: string | undefined;
        ports?: PortRef[] | undefined;
        since?: string | undefined;
        until?: string | undefined;
        limit?: number | undefined;
        before?: string | undefined;
      } = {},
  ): Promise<EventWithOrigin[]> {
    const { about, at, limit = Number.POSITIVE_INFINITY, before } = filter;
    const now = Date.now();
    const isPort = about !== undefined && meansPort(about);
    const refs = filter.ports ?? (isPort ? [requirePort(about)] : undefined);
    const said = about !== undefined && !isPort ? requireResource(about) : undefined;
    const resource = said === undefined ? undefined : this.onRecord(await this.view({}), said);
    const since = filter.since === undefined ? undefined : requireMoment(filter.since, now);
    const until = filter.until === undefined ? undefined : requireMoment(filter.until, now);
    // Who asks for no range asks for no state: the whole log is then folded for nothing.
    const policy = filter.range === undefined ? undefined : (await this.view({})).policy;
    const matches = matcherOf(policy, { ...filter, resource, since, until });
    const found: EventWithOrigin[] = [];
    let reached = before === undefined;
    for await (const event of historyOf(this.logs, { refs, at }, now)) {
      if (found.length >= limit || (since !== undefined && Date.parse(event.at) < since - DAY)) break;
      if (reached && matches(event)) found.push(event);
      reached ||= event.id === before;
    }
    if (reached) return found;
    throw new VportsError(
      'BAD_USAGE',
      `there is no event ${JSON.stringify(before!.slice(0, 80))} among these`,
      {
        hint: 'give the id of the last event of the page before',
        details: { before },
      },
    );
  }

  /** What changed from one moment or branch to another; default: to now. Throws BAD_REVISION, BAD_TIME. */
  async diff(from: string, to?: string): Promise<Differences> {
    const { differencesBetween } = await import('./verbs/diff.js');
    return differencesBetween(this.logs, from, to);
  }

  /** Folds the log from nothing, event by event, up to a moment. Throws BAD_REVISION, BAD_TIME. */
  async replay({ until }: { until?: string | undefined } = {}): Promise<Replayed> {
    const { replayed } = await import('./verbs/replay.js');
    return replayed(this.logs, until);
  }

  /**
   * Writes all that was, up to a moment, as one page that is looked at in a browser. Throws BAD_REVISION, BAD_TIME, and
   * BAD_USAGE where another file is in the way.
   */
  async map({ out = 'ports.html', at }: At & { out?: string | undefined } = {}): Promise<MappedRegistry> {
    const { mapRegistry } = await import('./verbs/map.js');
    return mapRegistry(this.logs, await this.view({ at }), { path: resolve(this.cwd, out), at });
  }

  /** The policy as it is read, and the text it stands in. */
  async policy(): Promise<{ policy: Policy; source: string }> {
    const log = await this.logs.registry();
    return { policy: (await log.reader.state()).policy, source: await log.reader.policySource() };
  }

  /**
   * The text of a policy that fits all ports of documents at and below these paths, and those that
   * are held; and how many of them the policy in force has no place for. Throws BAD_USAGE for a path that is not there.
   */
  async proposePolicy(
    paths: string[],
    { format = 'auto' }: { format?: string | undefined } = {},
  ): Promise<{ source: string; ports: number; outside: number }> {
    const { proposal } = await import('./write/proposal.js');
    return proposal(
      this.logs,
      paths.map((path) => resolve(this.cwd, path)),
      format,
    );
  }

  /** Whether the registry is whole; with `base` a revision, whether what HEAD adds to it is. Throws BAD_REVISION. */
  async verify(
    options: { base?: string | undefined; head?: string | undefined; signed?: boolean | undefined } = {},
  ): Promise<Verified> {
    await this.logs.registry();
    const [{ verify }, { openRepository }] = await Promise.all([
      import('./verbs/verify.js'),
      import('../log/git/index.js'),
    ]);
    const { embedded: leases, progress } = this.logs;
    return verify(openRepository(this.place.path), { ...options, leases, progress });
  }

  /** What a branch (default: HEAD) means for the ports, to be merged into `base`. Throws BAD_REVISION. */
  async review(base: string, head?: string): Promise<Review> {
    await this.logs.registry();
    const [{ review }, { openRepository }] = await Promise.all([
      import('./verbs/review.js'),
      import('../log/git/index.js'),
    ]);
    return review(openRepository(this.place.path), { base, head });
  }

  /**
   * Holds the documents at and below a folder (default: `cwd`) against the registry. Throws BAD_USAGE for what is no folder.
   */
  async checkDocuments(
    path: string | undefined,
    { at, base }: At & { base?: string | undefined } = {},
  ): Promise<CheckedDocuments> {
    const { checkDocumentsBelow } = await import('./verbs/ci.js');
    const root = requireFolder(resolve(this.cwd, path ?? '.'));
    const check = async () =>
      checkDocumentsBelow(this.logs, lensOn(this.logs, await this.view({ at })).view, root, base);
    const { ok, problems, coverage } = await judgedAnswer(this.logs, check, ({ ports }) => ports);
    return { ok, problems: problems.map((it) => this.asPasted(it)), coverage };
  }

  /** What is wrong with the registry as a whole, as warnings: a write that was never completed, a policy that cannot be read. */
  async faults(): Promise<Warning[]> {
    return this.logs.faults();
  }

  /** Saves what was folded. A program that ends without it only costs the next one time. */
  close(): Promise<void> {
    return this.logs.close();
  }

  /** With the command that mends it as it works when it is pasted here. */
  protected asPasted<T extends { fix: string | null }>(it: T): T {
    return it.fix === null ? it : { ...it, fix: fromHere(it.fix, this.cwd) };
  }

  protected async view({ at }: At): Promise<View> {
    const now = Date.now();
    if (at === undefined) return loadView(this.logs, new Set(), now);
    return viewAt(this.logs, at, now);
  }

  /** With what this machine has claimed by pull request, where the policy wants these; of the past nothing is known of that. */
  protected async viewHere(at: At): Promise<View> {
    const view = await this.view(at);
    if (at.at !== undefined || view.policy.changes !== 'pull-request') return view;
    return withOwnClaims(view, await (await this.logs.registry()).reader.claims());
  }

  /** With what open branches want; of the past nothing is known of that. */
  protected async viewWithClaims(at: At): Promise<View> {
    const view = await this.view(at);
    if (at.at !== undefined) return view;
    return { ...view, claimed: await (await this.logs.registry()).reader.claims() };
  }

  /** What a command that is run in a folder asks of the registry. */
  protected surroundings(): Surroundings {
    return {
      logs: this.logs,
      place: this.place,
      cwd: this.cwd,
      view: async ({ at, reads = false } = {}) =>
        lensOn(this.logs, await this.viewHere({ at }), { reads }).view,
      claims: () => this.claims(),
      folderOf: (resource) => this.folderOf(resource, undefined),
    };
  }

  /** The folder whose documents a command about this resource keeps in step. Throws BAD_SERVICE_JSON. */
  protected folderOf(resource: string, dir: string | undefined): ResourceFolder | undefined {
    if (dir !== undefined) return namedFolder(resolve(this.cwd, dir), resource);
    const here = openResourceFolder(this.cwd);
    return here.service?.resource === resource ? here : undefined;
  }
}
