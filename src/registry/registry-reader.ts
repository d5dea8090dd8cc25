import { resolve } from 'node:path';
import type { PortRef } from '../../events/port.js';
import type { Warning } from '../errors.js';
import { fromHere } from '../files/from-here.js';
import type { Repository } from '../log/git/index.js';
import { withoutSecrets } from '../log/remote/index.js';
import type { Policy } from '../policy/policy.js';
import type { Progress } from '../progress.js';
import { type Caller, folderOf } from './caller.js';
import type { Surroundings } from './here/index.js';
import { requirePort, requirePorts } from './input.js';
import { requireFolder } from './locate/folders.js';
import type { Place } from './locate/locate-registry.js';
import { isOwnHere, lensOn } from './project/own-view.js';
import { isSameProject } from './project/project-id.js';
import type { Check } from './query/check.js';
import { type ProxyHost, proxyHosts } from './query/proxy-hosts.js';
import {
  type ClaimedPort,
  claimedPorts,
  damages,
  type ListedPort,
  type ListFilter,
  list,
  type RangeUse,
  ranges,
} from './query/queries.js';
import type { Stats } from './query/stats.js';
import type { Running } from './run/running.js';
import type { EventWithOrigin } from './state/history.js';
import { judgedAnswer } from './state/judged-answer.js';
import { keptRequests, withRequests } from './state/kept-requests.js';
import { Logs, type RequestWish } from './state/logs.js';
import { momentOf } from './state/moment.js';
import { type At, viewOf, viewWithOwnClaims } from './state/views.js';
import type { CheckedDocuments } from './verbs/read/ci.js';
import type { Differences } from './verbs/read/diff.js';
import { get } from './verbs/read/get.js';
import type { LogOptions } from './verbs/read/log.js';
import type { MappedRegistry } from './verbs/read/map.js';
import type { Replayed } from './verbs/read/replay.js';
import type { Review } from './verbs/read/review.js';
import type { ShownPort } from './verbs/read/show.js';
import type { Who } from './verbs/read/who.js';
import type { Verified } from './verify/findings.js';

export interface ServablePage extends Omit<MappedRegistry, 'path'> {
  page: string;
  /** The commit that it shows; undefined before the first one. */
  head: string | undefined;
}

/** What can be asked of a registry and this machine's host log. Throws VportsError. */
export class RegistryReader {
  /** @internal */
  protected readonly logs: Logs;

  protected constructor(
    readonly place: Place,
    protected readonly cwd: string,
    branch: string | undefined,
    progress?: Progress,
    project?: string,
    requests: RequestWish = {},
  ) {
    this.logs = new Logs(place, branch, progress);
    this.logs.asks = { cwd, project };
    this.logs.requests = requests;
  }

  /** The project whose names are said here, and where its id comes from; undefined outside of a repository. */
  get project(): { id: string | undefined; from: string } | undefined {
    const here = this.logs.project();
    return here && { id: here.id, from: here.from };
  }

  protected get caller(): Caller {
    return { logs: this.logs, cwd: this.cwd };
  }

  /** Where vports publishes what it writes, without passwords; undefined for a registry that it shares with nobody. */
  get remote(): string | undefined {
    const remote = this.logs.remote();
    return remote && withoutSecrets(remote.url);
  }

  /** Throws UNKNOWN_RESOURCE, NOT_HELD. Reads no documents, and does not look at this machine. */
  get(resource: string, name: string | undefined, at: At = {}): Promise<PortRef & { warnings: Warning[] }> {
    return get(this.caller, resource, name, at);
  }

  /** With `host: false`, and for the past, only the logs are consulted. */
  async check(
    port: string,
    options: At & { for?: string | undefined; host?: boolean | undefined } = {},
  ): Promise<Check> {
    const { checkPorts } = await import('./verbs/read/check.js');
    const [checked] = await checkPorts(this.logs, [requirePort(port)], options);
    return checked!;
  }

  /** The same of each port of FROM-TO, or FROM-TO/udp. Throws BAD_RANGE, BAD_PORT. */
  async checkPorts(range: string, options: At & { for?: string | undefined } = {}): Promise<Check[]> {
    return (await import('./verbs/read/check.js')).checkPorts(this.logs, requirePorts(range), options);
  }

  /** All ports of a resource, each as asked for by the resource itself. Throws UNKNOWN_RESOURCE. */
  async checkResource(
    resource: string,
    options: At & { for?: string | undefined } = {},
  ): Promise<Map<string, Check>> {
    return (await import('./verbs/read/check.js')).checkResource(this.logs, resource, options);
  }

  /** `commits` says whether the commits that brought the ports are asked for. Throws UNKNOWN_RESOURCE. */
  async show(
    resource: string,
    options: At & { commits?: boolean | undefined } = {},
  ): Promise<Map<string, ShownPort>> {
    return (await import('./verbs/read/show.js')).show(this.caller, resource, options);
  }

  /** What `--at` means: a commit and its time, or a time. ISO times. Throws BAD_REVISION, BAD_TIME. */
  async moment(at: string): Promise<{ commit: string; at: string } | { at: string }> {
    const moment = momentOf(at, Date.now());
    if ('time' in moment) return { at: new Date(moment.time).toISOString() };
    const log = await this.logs.registry();
    const commit = (await log.reader.stateAt(moment.revision)).head!;
    return { commit, at: new Date((await log.reader.commit(commit)).time * 1000).toISOString() };
  }

  /** Warnings about damaged streams, of one port or all. */
  async damages(port?: string, at: At = {}): Promise<Warning[]> {
    return damages(await viewOf(this.logs, at), port === undefined ? undefined : requirePort(port));
  }

  /** With `project`, only its holdings. */
  async list({
    project,
    ...filter
  }: ListFilter & At & { project?: string | undefined } = {}): Promise<ListedPort[]> {
    const ports = list(await viewOf(this.logs, filter), filter);
    return project === undefined
      ? ports
      : ports.filter((it) => it.project !== null && isSameProject(it.project, project));
  }

  /** The TCP ports of this machine's leases and of this project's claims, each under a host of its own for a proxy. */
  async proxyHosts(): Promise<ProxyHost[]> {
    const held = list(await viewOf(this.logs)).filter(({ protocol, log, project }) => {
      const isHere =
        this.logs.embedded || log !== 'registry' || isOwnHere(this.logs, { project: project ?? undefined });
      return isHere && protocol === 'tcp';
    });
    return proxyHosts(held);
  }

  /** Claims of open branches, by port. */
  async claims(): Promise<ClaimedPort[]> {
    const claims = claimedPorts(await (await this.logs.registry()).reader.claims());
    return withRequests(claims, keptRequests(this.logs));
  }

  /** Names of the branches that a revision may be: where the registry is shared, as last fetched. */
  async branches(): Promise<string[]> {
    return (await import('./verbs/read/branches.js')).branches(this.logs);
  }

  async ranges(at: At = {}): Promise<RangeUse[]> {
    return ranges(await viewOf(this.logs, at));
  }

  /** Range usage over time, ports per owner, and claims without a listener here for `unusedDays`. */
  async stats({ unusedDays = 30 }: { unusedDays?: number | undefined } = {}): Promise<Stats> {
    return (await import('./verbs/read/stats.js')).stats(this.logs, unusedDays);
  }

  /** Listeners on held ports; with `all`, on any port. */
  async ps(
    options: { all?: boolean | undefined } = {},
  ): Promise<{ running: Running[]; warnings: Warning[] }> {
    return (await import('./run/running.js')).runningHere(await viewOf(this.logs), options);
  }

  /** Current and earlier holders of a port, and its listeners. */
  async who(port: string, options: At = {}): Promise<Who> {
    return (await import('./verbs/read/who.js')).who(this.logs, port, options);
  }

  /** Events, newest first. Throws BAD_USAGE if no event has the id `before`. */
  async log(options: LogOptions = {}): Promise<EventWithOrigin[]> {
    return (await import('./verbs/read/log.js')).log(this.logs, options);
  }

  /** What changed from one moment or branch to another; default: to now. Throws BAD_REVISION, BAD_TIME. */
  async diff(from: string, to?: string): Promise<Differences> {
    return (await import('./verbs/read/diff.js')).differencesBetween(this.logs, from, to);
  }

  /** Replays the log from the start, event by event, up to a moment. Throws BAD_REVISION, BAD_TIME. */
  async replay({ until }: { until?: string | undefined } = {}): Promise<Replayed> {
    return (await import('./verbs/read/replay.js')).replayed(this.logs, until);
  }

  /**
   * Writes all that was, up to a moment, as one page that is looked at in a browser. Throws BAD_REVISION, BAD_TIME, and
   * BAD_USAGE where another file is in the way.
   */
  async map({ out = 'ports.html', at }: At & { out?: string | undefined } = {}): Promise<MappedRegistry> {
    const { mapRegistry } = await import('./verbs/read/map.js');
    return mapRegistry(this.logs, await viewOf(this.logs, { at }), { path: resolve(this.cwd, out), at });
  }

  /**
   * The same page as text, to be served: it asks where it came from whether it has changed. Given the last one, returns that while the
   * registry has the same head.
   */
  async mapPage(last?: ServablePage): Promise<ServablePage> {
    const { head } = await (await this.logs.registry()).reader.state();
    if (last && head !== undefined && last.head === head) return last;
    const [{ mapPage }, { thatAsks }] = await Promise.all([
      import('./verbs/read/map.js'),
      import('../map/html.js'),
    ]);
    const { page, ...counts } = await mapPage(this.logs, await viewOf(this.logs), { isOfMachine: true });
    return { page: thatAsks(page), head, ...counts };
  }

  /** The parsed policy and its text. */
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
    return (await import('./write/proposal.js')).proposal(
      this.logs,
      paths.map((path) => resolve(this.cwd, path)),
      format,
    );
  }

  /** Checks the registry; with `base`, a revision, only what HEAD adds to it. Throws BAD_REVISION. */
  async verify(
    options: { base?: string | undefined; head?: string | undefined; signed?: boolean | undefined } = {},
  ): Promise<Verified> {
    const repository = await repositoryOf(this.logs);
    const { verify } = await import('./verify/index.js');
    const { embedded: leases, progress } = this.logs;
    return verify(repository, { ...options, leases, progress });
  }

  /** Whether a push that git hands to a pre-receive hook, a line `OLD NEW REF` each, may go on. Throws BAD_USAGE for other lines. */
  async verifyPush(lines: string): Promise<Verified> {
    const repository = await repositoryOf(this.logs);
    return (await import('./verify/index.js')).verifyPush(repository, lines);
  }

  /** Summarizes what a branch (default: HEAD) changes, to be merged into `base`. Throws BAD_REVISION. */
  async review(base: string, head?: string): Promise<Review> {
    const repository = await repositoryOf(this.logs);
    return (await import('./verbs/read/review.js')).review(repository, { base, head });
  }

  /**
   * Holds the documents at and below a folder (default: `cwd`) against the registry. Throws BAD_USAGE for what is no folder.
   */
  async checkDocuments(
    path: string | undefined,
    { at, base }: At & { base?: string | undefined } = {},
  ): Promise<CheckedDocuments> {
    const { checkDocumentsBelow } = await import('./verbs/read/ci.js');
    const root = requireFolder(resolve(this.cwd, path ?? '.'));
    const check = async () =>
      checkDocumentsBelow(this.logs, lensOn(this.logs, await viewOf(this.logs, { at })).view, root, base);
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

  /** The part of a registry needed by commands about the current folder. */
  protected surroundings(): Surroundings {
    return {
      logs: this.logs,
      place: this.place,
      cwd: this.cwd,
      view: async ({ at, reads = false } = {}) =>
        lensOn(this.logs, await viewWithOwnClaims(this.logs, { at }), { reads }).view,
      claims: () => this.claims(),
      folderOf: (resource) => folderOf(this.caller, resource, undefined),
    };
  }
}

async function repositoryOf(logs: Logs): Promise<Repository> {
  await logs.registry();
  return (await import('../log/git/index.js')).openRepository(logs.place.path);
}
