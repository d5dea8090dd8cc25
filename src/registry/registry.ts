import { resolve } from 'node:path';
import type { LeaseOwner } from '../../events/envelope.js';
import type { PortRef } from '../../events/port.js';
import { variableFor } from '../documents/documents.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { VportsError, type Warning } from '../errors.js';
import { Busy } from '../host/busy.js';
import type { Listener } from '../host/listener.js';
import { withoutSecrets } from '../log/remote-url.js';
import type { Policy } from '../policy/policy.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import { livenessOf } from '../process-identity.js';
import type { Resolved } from '../review/resolve.js';
import type { Review } from '../review/review.js';
import type { Verified } from '../review/verify.js';
import { allocate, type Granted } from './allocate.js';
import { type Check, check, notTheHolder } from './check.js';
import { type Cleaned, cleanup } from './cleanup.js';
import { type Described, describe } from './describe.js';
import { bringFolders, type DocumentChange } from './documents.js';
import type { Drift } from './drift.js';
import { currentFolder, namedFolder, namedResource } from './folders.js';
import { commitsOfGrants, eventsOf, type ToldEvent, withCommits } from './history.js';
import {
  bothProtocols,
  checkedOwner,
  checkedReason,
  meansPort,
  refuseRepeated,
  requireBranch,
  requirePort,
  requirePortName,
  requireResource,
} from './input.js';
import { endOrphans, type Killed } from './kill.js';
import { leasesOfTheDead } from './lease-owners.js';
import { Logs } from './logs.js';
import { requireMoment } from './moment.js';
import { onThisHost, provenHere, strangersOn } from './on-this-host.js';
import { type Common, type Grants, grantsOf, type Outcome, outcomeOf } from './outcome.js';
import { stateAsOf } from './past.js';
import { findRegistry, type Place } from './places.js';
import {
  damages,
  filterHistory,
  type HistoryFilter,
  type ListedPort,
  type ListFilter,
  list,
  listed,
  only,
  type RangeUse,
  ranges,
  show,
  type VariablePort,
} from './queries.js';
import { type Moved, reassign } from './reassign.js';
import { rechoose } from './rechoose.js';
import { reconcileHere } from './reconcile-here.js';
import { register } from './register.js';
import { type Released, release } from './release.js';
import { type Renewed, renew } from './renew.js';
import { type Synced, sync } from './sync.js';
import { holderAt, type View } from './view.js';
import { viewOf } from './view-of.js';
import { containerPorts, wantsFrom } from './wants.js';
import { type Write, type Written, write } from './writer.js';

export interface RegistryOptions {
  /** A path, or `embedded`; else VPORTS_REGISTRY, the nearest .vports.json, the embedded registry. */
  path?: string;
  /** Where relative paths and the search for .vports.json start. */
  cwd?: string;
  /** Write to this branch, made from the shared one where it does not exist. */
  branch?: string;
}

/** One past or present state to read: a revision of the registry, or a time, as typed after `--at`. */
export interface At {
  at?: string;
}

/** Who has a port, all that was before, and who is bound to it now. */
export interface Who extends PortRef {
  holder: ListedPort | null;
  history: ToldEvent[];
  listeners: Listener[];
  warnings: Warning[];
}

/** A registry and this machine's host log, with the verbs of the command line. Throws VportsError. */
export class Registry {
  readonly place: Place;
  readonly #logs: Logs;
  readonly #cwd: string;

  private constructor(place: Place, cwd: string, branch: string | undefined) {
    this.place = place;
    this.#cwd = cwd;
    this.#logs = new Logs(place, branch);
  }

  /** Throws REGISTRY_NOT_FOUND, UNSUPPORTED_REPOSITORY, BAD_USAGE for a branch name git would refuse. */
  static open({ path, cwd = currentFolder(), branch }: RegistryOptions = {}): Registry {
    if (branch !== undefined) requireBranch(branch);
    return new Registry(findRegistry(path, cwd), cwd, branch);
  }

  /** Where vports publishes what it writes, without passwords; undefined for a registry that it shares with nobody. */
  get remote(): string | undefined {
    const remote = this.#logs.remote();
    return remote && withoutSecrets(remote.url);
  }

  async allocate(
    resource: string,
    options: Common & {
      ports?: string[];
      range?: string;
      /** A lease, `ttl` milliseconds long. */
      dynamic?: boolean;
      ttl?: number;
      leaseOwner?: LeaseOwner;
      block?: number;
      strict?: boolean;
      owner?: string;
    } = {},
  ): Promise<Grants> {
    requireResource(resource);
    const folder = this.#folderOf(resource, options.dir);
    const wants = wantsFrom(options.ports ?? [], folder, options.block);
    const dynamic = options.dynamic || options.ttl !== undefined || folder?.service?.dynamic === true;
    if (dynamic && this.#logs.branch !== undefined) {
      throw new VportsError('BAD_USAGE', 'a lease lives in the host log, which has no branches', {
        hint: 'leave --branch or --dynamic out',
      });
    }
    const { range, strict, reason } = options;
    const owner = checkedOwner(options.owner);
    const mayLive = (owner: LeaseOwner) => livenessOf(owner) !== 'dead';
    const lease = dynamic ? { ttl: options.ttl, owner: options.leaseOwner, mayLive } : undefined;
    const block = options.block !== undefined;
    const strangers = await strangersOn(await this.#view({}), resource, wants);
    const command = {
      resource,
      wants,
      range,
      lease,
      block,
      strict,
      strangers,
      owner,
      reason: checkedReason(reason),
    };
    const write = { decide: (view: View) => allocate(view, command), local: dynamic };
    const written = await this.#write({ ...write, ...documentsOf(resource, folder, options) }, options);
    return this.#grants(resource, folder, written, options);
  }

  async register(
    resource: string,
    ports: string[],
    options: Common & { allowOutsidePolicy?: boolean; owner?: string } = {},
  ): Promise<Grants> {
    requireResource(resource);
    const named = ports.map((text) => {
      const [name, number] = text.includes('=') ? text.split(/=(.*)/s) : ['main', text];
      return { name: requirePortName(name!), ...requirePort(number!) };
    });
    refuseRepeated(named);
    const command = {
      resource,
      ports: named,
      allowOutsidePolicy: options.allowOutsidePolicy,
      owner: checkedOwner(options.owner),
      reason: checkedReason(options.reason),
    };
    const folder = this.#folderOf(resource, options.dir);
    const written = await this.#write(
      { decide: (view) => register(view, command), ...documentsOf(resource, folder, options) },
      options,
    );
    return this.#grants(resource, folder, written, options);
  }

  async release(
    resource: string,
    options: Common & { ports?: string[]; strict?: boolean } = {},
  ): Promise<Outcome & { released: Released[] }> {
    requireResource(resource);
    for (const text of options.ports ?? []) if (/^[0-9]/.test(text)) requirePort(text);
    for (const text of options.ports ?? []) if (!/^[0-9]/.test(text)) requirePortName(text);
    const command = {
      resource,
      ports: options.ports ?? [],
      strict: options.strict,
      reason: checkedReason(options.reason),
    };
    const folder = this.#folderOf(resource, options.dir);
    const written = await this.#write(
      { decide: (view) => release(view, command), ...documentsOf(resource, folder, options) },
      options,
    );
    const released = written.answer.map(({ name }) => name);
    const about = { resource, folder, released };
    const outcome = await outcomeOf(this.#logs, written, options, about);
    return { released: written.answer, ...outcome };
  }

  async reassign(
    resource: string,
    options: Common & { port?: string; to?: string; range?: string } = {},
  ): Promise<Outcome & { moved: Moved[] }> {
    requireResource(resource);
    const name = options.port === undefined ? undefined : requirePortName(options.port);
    const to = options.to === undefined ? undefined : requirePort(options.to).port;
    const command = { resource, name, to, range: options.range, reason: checkedReason(options.reason) };
    const folder = this.#folderOf(resource, options.dir);
    const written = await this.#write(
      { decide: (view) => reassign(view, command), ...documentsOf(resource, folder, options) },
      options,
    );
    const about = { resource, folder };
    const outcome = await outcomeOf(this.#logs, written, options, about);
    const hazards = await provenHere(written.answer.map((it) => ({ protocol: it.protocol, port: it.to })));
    return { moved: written.answer, ...outcome, warnings: [...outcome.warnings, ...hazards] };
  }

  async describe(
    resource: string,
    options: Common & { port?: string; owner?: string } = {},
  ): Promise<Outcome & { described: Described[] }> {
    requireResource(resource);
    const name = options.port === undefined ? undefined : requirePortName(options.port);
    const owner = checkedOwner(options.owner);
    const command = { resource, name, owner, reason: checkedReason(options.reason) };
    const written = await this.#write({ decide: (view) => describe(view, command) }, options);
    const outcome = await outcomeOf(this.#logs, written, options);
    return { described: written.answer, ...outcome };
  }

  /** `ttl` in milliseconds. */
  async renew(
    resource: string,
    options: Common & { ttl?: number } = {},
  ): Promise<Outcome & { renewed: Renewed[] }> {
    requireResource(resource);
    const command = { resource, ttl: options.ttl, reason: checkedReason(options.reason) };
    const written = await this.#write({ decide: (view) => renew(view, command), local: true }, options);
    const outcome = await outcomeOf(this.#logs, written, options);
    return { renewed: written.answer, ...outcome };
  }

  /**
   * Releases this machine's leases that are past their end or whose owner is gone. Without `fix` it only tells. What still
   * listens is kept, but for the resource that `force` names.
   */
  async cleanup(
    options: Common & { fix?: boolean; force?: string } = {},
  ): Promise<Outcome & { released: Cleaned[]; kept: Cleaned[] }> {
    const force = options.force === undefined ? undefined : requireResource(options.force);
    const command = { force, reason: checkedReason(options.reason) };
    const decide = (view: View) => cleanup(view, { ...command, ownerGone: leasesOfTheDead(view.host) });
    const dryRun = !options.fix || options.dryRun;
    const written = await this.#write({ decide, looks: true, local: true }, { dryRun });
    return { ...written.answer, ...(await outcomeOf(this.#logs, written, options)) };
  }

  /**
   * Looks for what registry, host and the documents of these folders do not agree on. With `fix`, what needs nobody's
   * choice is mended: by events, and by bringing the documents in line. `fixed` is that part of `drift`.
   */
  async reconcile(
    paths: string[] = [],
    options: Common & { fix?: boolean } = {},
  ): Promise<Outcome & { drift: Drift[]; fixed: Drift[] }> {
    return reconcileHere(
      this.#logs,
      paths.map((path) => resolve(this.#cwd, path)),
      this.#cwd,
      options,
    );
  }

  /**
   * Ends the orphan processes on a port, once `confirm` has agreed. Throws NOT_HELD where nothing listens, CONFLICT where
   * it is no orphan.
   */
  async kill(port: string, confirm: (orphans: Listener[]) => Promise<boolean>): Promise<PortRef & Killed> {
    const ref = requirePort(port);
    return { ...ref, ...(await endOrphans(ref, () => this.#view({}), confirm)) };
  }

  /** Throws UNKNOWN_RESOURCE, NOT_HELD. Looks at no document and at nothing on this machine. */
  async get(resource: string, name: string | undefined, at: At = {}): Promise<PortRef> {
    requireResource(resource);
    if (name !== undefined) requirePortName(name);
    const ports = show(await this.#view(at), resource);
    const holding = name === undefined ? (ports.get('main') ?? only(resource, ports)) : ports.get(name);
    if (holding) return { port: holding.port, protocol: holding.protocol };
    throw new VportsError('NOT_HELD', `${resource} holds no port called ${name}`, {
      hint: `it holds ${[...ports.keys()].join(', ')}`,
      details: { resource, name, names: [...ports.keys()] },
    });
  }

  async check(port: string, options: At & { for?: string } = {}): Promise<Check> {
    const ref = requirePort(port);
    if (options.for !== undefined) requireResource(options.for);
    const view = await this.#view(options);
    return check(view, ref, options.at === undefined ? await onThisHost(view, ref) : null, options.for);
  }

  /** All ports of a resource, each as asked for by the resource itself. Throws UNKNOWN_RESOURCE. */
  async checkResource(resource: string, options: At & { for?: string } = {}): Promise<Map<string, Check>> {
    requireResource(resource);
    if (options.for !== undefined) requireResource(options.for);
    const view = await this.#view(options);
    const checks = new Map<string, Check>();
    for (const [name, holding] of show(view, resource)) {
      const { port, protocol } = holding;
      const here = options.at === undefined ? await onThisHost(view, holding) : null;
      checks.set(name, check(view, { port, protocol }, here, options.for ?? resource));
    }
    return checks;
  }

  /** Throws UNKNOWN_RESOURCE. */
  async show(
    resource: string,
    at: At = {},
  ): Promise<Map<string, ListedPort & { env: string; commit: string | null }>> {
    requireResource(resource);
    const view = await this.#view(at);
    const ports = show(view, resource);
    const folder = this.#folderOf(resource, undefined);
    const commits = await commitsOfGrants(this.#logs, [...ports.values()]);
    return new Map(
      [...ports].map(([name, holding]) => {
        const env = variableFor(folder, resource, name);
        return [name, { ...listed(view, holding), env, commit: commits.get(holding.event) ?? null }];
      }),
    );
  }

  /**
   * The ports of a resource with their variables, and the ports inside a container as `container` (PORT or NAME=PORT) or
   * the compose file of the resource's folder says. Throws UNKNOWN_RESOURCE, BAD_PORT, NOT_HELD.
   */
  async environment(
    resource: string,
    { at, container = [] }: At & { container?: string[] } = {},
  ): Promise<VariablePort[]> {
    requireResource(resource);
    const ports = show(await this.#view({ at }), resource);
    const folder = this.#folderOf(resource, undefined);
    const inside = containerPorts(container, [...ports.keys()]);
    const { containerPortFor, publishedPorts } = await import('../documents/compose.js');
    const published = folder ? publishedPorts(folder.path) : [];
    return [...ports].map(([name, { port, protocol }]) => {
      const variable = variableFor(folder, resource, name);
      return {
        name,
        variable,
        port,
        protocol,
        container: inside.get(name) ?? containerPortFor(published, variable, port),
      };
    });
  }

  /** What cannot be read of the registry, as warnings: of one port, or of all. */
  async damages(port?: string, at: At = {}): Promise<Warning[]> {
    return damages(await this.#view(at), port === undefined ? undefined : requirePort(port));
  }

  async list(filter: ListFilter & At = {}): Promise<ListedPort[]> {
    return list(await this.#view(filter), filter);
  }

  async ranges(at: At = {}): Promise<RangeUse[]> {
    return ranges(await this.#view(at));
  }

  async who(port: string, options: At = {}): Promise<Who> {
    const ref = requirePort(port);
    const view = await this.#view(options);
    const holder = holderAt(view, ref);
    const history = await this.log({ ports: [ref], at: options.at });
    const here = options.at === undefined ? await onThisHost(view, ref) : undefined;
    const stranger = holder && here?.stranger;
    return {
      ...ref,
      holder: holder ? listed(view, holder) : null,
      history: history.reverse(),
      listeners: here?.listeners ?? [],
      warnings: [
        ...damages(view, ref),
        ...(stranger ? [notTheHolder(ref, holder.resource, stranger)] : []),
        ...(here?.hazards ?? []),
      ],
    };
  }

  /** Events, the newest first. `about` is a port or a resource; times as typed. */
  async log(
    filter: Omit<HistoryFilter, 'since' | 'until'> &
      At & {
        about?: string;
        ports?: PortRef[];
        since?: string;
        until?: string;
        limit?: number;
      } = {},
  ): Promise<ToldEvent[]> {
    const { about, at, since, until, limit } = filter;
    const now = Date.now();
    const isPort = about !== undefined && meansPort(about);
    const refs = filter.ports ?? (isPort ? bothProtocols(about) : undefined);
    const resource = about !== undefined && !isPort ? requireResource(about) : undefined;
    const times = {
      since: since === undefined ? undefined : requireMoment(since, now, { start: true }),
      until: until === undefined ? undefined : requireMoment(until, now),
    };
    const events = (await eventsOf(this.#logs, { refs, at, now })).filter(
      (it) => !resource || it.resource === resource,
    );
    const matching = filterHistory(await this.#view({}), events, { ...filter, ...times });
    return withCommits(this.#logs, matching.slice(0, limit));
  }

  /** The policy as it is read, and the text it stands in. */
  async policy(): Promise<{ policy: Policy; source: string }> {
    const log = await this.#logs.registry();
    return { policy: (await log.state()).policy, source: await log.policySource() };
  }

  /** Changes policy.json in a commit of its own; `change` gives the new text. Throws BAD_POLICY, and then writes nothing. */
  async changePolicy(
    change: (source: string) => string,
    subject: string,
    options: Common = {},
  ): Promise<Outcome & { policy: unknown }> {
    const { parsePolicy } = await import('../policy/policy-file.js');
    const log = await this.#logs.registry();
    let text = '';
    const files = async () => {
      const before = await log.policySource();
      text = change(before);
      parsePolicy(text);
      return text === before ? [] : [{ path: POLICY_PATH, content: text }];
    };
    const decide = () => ({ events: [], warnings: [], answer: null });
    const written = await this.#write({ decide, files, subject }, options);
    return { policy: JSON.parse(text), ...(await outcomeOf(this.#logs, written, options)) };
  }

  /** Brings service.json and README of folders in line with the registry; with `check` only says what would change. */
  async docs(
    paths: string[],
    options: { check?: boolean } = {},
  ): Promise<{ documents: DocumentChange[]; warnings: Warning[] }> {
    const view = await this.#view({});
    const folders = (paths.length > 0 ? paths : [this.#cwd]).map((path) =>
      namedResource(resolve(this.#cwd, path)),
    );
    return bringFolders(view, folders, { write: !options.check });
  }

  /** Whether the registry is whole; with `base` a revision, whether what HEAD adds to it is. Throws BAD_REVISION. */
  async verify(options: { base?: string; head?: string } = {}): Promise<Verified> {
    await this.#logs.registry();
    const [{ verify }, { openRepository }] = await Promise.all([
      import('../review/verify.js'),
      import('../log/repository.js'),
    ]);
    return verify(openRepository(this.place.path), options);
  }

  /** What a branch (HEAD unless said) means for the ports, to be merged into `base`. Throws BAD_REVISION. */
  async review(base: string, head?: string): Promise<Review> {
    await this.#logs.registry();
    const [{ review }, { openRepository }] = await Promise.all([
      import('../review/review.js'),
      import('../log/repository.js'),
    ]);
    return review(openRepository(this.place.path), { base, head });
  }

  /**
   * Settles the conflict that a merge or rebase of a checked-out registry has stopped at; `keep` names a resource that keeps
   * its port. Throws BAD_USAGE where none is under way.
   */
  async resolve({ keep }: { keep?: string } = {}): Promise<Resolved> {
    if (keep !== undefined) requireResource(keep);
    const { resolveConflict } = await import('../review/resolve.js');
    const { openRepository } = await import('../log/repository.js');
    const { author } = await import('../log/author.js');
    const { person } = await author(this.#logs.gitdir(), { shared: this.#logs.shared });
    const [now, busy] = [Date.now(), new Busy()];
    await busy.lookAround();
    const host = (await (await this.#logs.host()).state()).holdings;
    const rest = { host, damaged: new Map(), busy: busy.ports, now };
    return resolveConflict(openRepository(this.place.path), {
      keep,
      by: person,
      now,
      rechoose: async ({ policy, registry }, lost) => rechoose(rest, policy, registry, lost),
    });
  }

  /** Fetches what others have published, and pushes branches that were committed without a network. */
  sync(): Promise<Synced> {
    return sync(this.#logs);
  }

  /** Saves what was folded. A program that ends without it only costs the next one time. */
  close(): Promise<void> {
    return this.#logs.close();
  }

  async #view({ at }: At): Promise<View> {
    const now = Date.now();
    if (at === undefined) return viewOf(this.#logs, new Set(), now);
    return stateAsOf(this.#logs, at, now);
  }

  async #grants(
    resource: string,
    folder: ResourceFolder | undefined,
    written: Written<Granted[]>,
    options: Common,
  ): Promise<Grants> {
    const grants = await grantsOf(this.#logs, resource, folder, written, options);
    const hazards = await provenHere(written.answer.filter(({ created }) => created));
    return { ...grants, warnings: [...grants.warnings, ...hazards] };
  }

  #write<Answer>(request: Write<Answer>, { dryRun }: Common): Promise<Written<Answer>> {
    return write(this.#logs, { ...request, dryRun });
  }

  /** The folder whose documents a command about this resource keeps in step. Throws BAD_SERVICE_JSON. */
  #folderOf(resource: string, dir: string | undefined): ResourceFolder | undefined {
    if (dir !== undefined) return namedFolder(resolve(this.#cwd, dir), resource);
    const here = openResourceFolder(this.#cwd);
    return here.service?.resource === resource ? here : undefined;
  }
}

function documentsOf(resource: string, folder: ResourceFolder | undefined, { docs, dryRun }: Common) {
  return folder && docs !== false && !dryRun ? { documents: { resource, folder } } : {};
}
