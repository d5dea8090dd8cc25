import type { LeaseOwner } from '../../events/envelope.js';
import { formatPort, type PortRef, portKey } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import { variableFor } from '../documents/documents.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { VportsError, type Warning } from '../errors.js';
import { isBound } from '../host/bind-probe.js';
import type { Listener } from '../host/listener.js';
import { listener, listeners } from '../host/proc-net.js';
import type { LocatedEvent } from '../log/event-log.js';
import type { Policy } from '../policy/policy.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import { allocate, type Granted } from './allocate.js';
import { type Check, check } from './check.js';
import { type Described, describe } from './describe.js';
import { bringDocuments, type DocumentChange } from './documents.js';
import { meansPort, requireLine, requirePort, requirePortName, requireResource } from './input.js';
import { Logs } from './logs.js';
import { requireMoment } from './moment.js';
import { stateAsOf } from './past.js';
import { findRegistry, type Place } from './places.js';
import {
  filterHistory,
  type HistoryFilter,
  type ListedPort,
  type ListFilter,
  list,
  listed,
  type RangeUse,
  ranges,
  show,
} from './queries.js';
import { type Moved, reassign } from './reassign.js';
import { register } from './register.js';
import { type Released, release } from './release.js';
import { type Renewed, renew } from './renew.js';
import { holderAt, holdingsOf, type View } from './view.js';
import { wantsFrom } from './wants.js';
import { type Commit, viewOf, type Write, type Written, write } from './writer.js';

export interface RegistryOptions {
  /** A path, or `embedded`; else VPORTS_REGISTRY, the nearest .vports.json, the embedded registry. */
  path?: string;
  /** Where relative paths and the search for .vports.json start. */
  cwd?: string;
  /** Write to this branch, made from the shared one where it does not exist. */
  branch?: string;
}

/** What every command that writes takes. */
export interface Common {
  reason?: string;
  dryRun?: boolean;
  /** Whether service.json and README follow. On unless said. */
  docs?: boolean;
  /** The resource's folder; else `cwd`, where its service.json names the resource. */
  dir?: string;
}

/** What every command that writes answers. */
export interface Outcome {
  commits: Commit[];
  events: string[];
  written: LocatedEvent[];
  published: 'local';
  documents: string[];
  warnings: Warning[];
  made: string | undefined;
}

export interface GrantedPort extends Omit<Granted, 'name'> {
  env: string;
}

export interface Grants extends Outcome {
  resource: string;
  ports: Map<string, GrantedPort>;
}

/** One past or present state to read: a revision of the registry, or a time, as typed after `--at`. */
export interface At {
  at?: string;
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
  static open({ path, cwd = process.cwd(), branch }: RegistryOptions = {}): Registry {
    if (
      branch !== undefined &&
      !/^(?!.*(\.\.|\/\/|@\{|\.lock(\/|$)|\.(\/|$)))[A-Za-z0-9_][A-Za-z0-9._/@+-]{0,199}(?<!\/)$/.test(branch)
    ) {
      throw new VportsError('BAD_USAGE', `${JSON.stringify(branch.slice(0, 80))} is no branch name`, {
        hint: 'use letters, digits, ".", "-" and "/"',
      });
    }
    return new Registry(findRegistry(path, cwd), cwd, branch);
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
    const owner = options.owner && requireLine(options.owner, 'owner', 200);
    const lease = dynamic ? { ttl: options.ttl, owner: options.leaseOwner } : undefined;
    const block = options.block !== undefined;
    const command = { resource, wants, range, lease, block, strict, owner, reason: checkedReason(reason) };
    const written = await this.#write({ decide: (view) => allocate(view, command) }, options);
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
      owner: options.owner && requireLine(options.owner, 'owner', 200),
      reason: checkedReason(options.reason),
    };
    const folder = this.#folderOf(resource, options.dir);
    const written = await this.#write({ decide: (view) => register(view, command) }, options);
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
    const written = await this.#write({ decide: (view) => release(view, command) }, options);
    const released = written.answer.map(({ name }) => name);
    const outcome = await this.#outcome(
      resource,
      this.#folderOf(resource, options.dir),
      written,
      options,
      released,
    );
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
    const written = await this.#write({ decide: (view) => reassign(view, command) }, options);
    const outcome = await this.#outcome(resource, this.#folderOf(resource, options.dir), written, options);
    return { moved: written.answer, ...outcome };
  }

  async describe(
    resource: string,
    options: Common & { port?: string; owner?: string } = {},
  ): Promise<Outcome & { described: Described[] }> {
    requireResource(resource);
    const name = options.port === undefined ? undefined : requirePortName(options.port);
    const owner = options.owner && requireLine(options.owner, 'owner', 200);
    const command = { resource, name, owner, reason: checkedReason(options.reason) };
    const written = await this.#write({ decide: (view) => describe(view, command) }, options);
    const outcome = await this.#outcome(resource, undefined, written, { ...options, docs: false });
    return { described: written.answer, ...outcome };
  }

  /** `ttl` in milliseconds. */
  async renew(
    resource: string,
    options: Common & { ttl?: number } = {},
  ): Promise<Outcome & { renewed: Renewed[] }> {
    requireResource(resource);
    const command = { resource, ttl: options.ttl, reason: checkedReason(options.reason) };
    const written = await this.#write({ decide: (view) => renew(view, command) }, options);
    const outcome = await this.#outcome(resource, undefined, written, { ...options, docs: false });
    return { renewed: written.answer, ...outcome };
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
    return check(view, ref, options.at === undefined ? await onHost(ref) : null, options.for);
  }

  /** All ports of a resource, each as asked for by the resource itself. Throws UNKNOWN_RESOURCE. */
  async checkResource(resource: string, options: At & { for?: string } = {}): Promise<Map<string, Check>> {
    requireResource(resource);
    if (options.for !== undefined) requireResource(options.for);
    const view = await this.#view(options);
    const checks = new Map<string, Check>();
    for (const [name, holding] of show(view, resource)) {
      const { port, protocol } = holding;
      const bound = options.at === undefined ? await onHost(holding) : null;
      checks.set(name, check(view, { port, protocol }, bound, options.for ?? resource));
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
    const commits = await this.#commitsOfGrants([...ports.values()]);
    return new Map(
      [...ports].map(([name, holding]) => {
        const env = variableFor(folder, resource, name);
        return [name, { ...listed(view, holding), env, commit: commits.get(holding.event) ?? null }];
      }),
    );
  }

  async list(filter: ListFilter & At = {}): Promise<ListedPort[]> {
    return list(await this.#view(filter), filter);
  }

  async ranges(at: At = {}): Promise<RangeUse[]> {
    return ranges(await this.#view(at));
  }

  async who(
    port: string,
    options: At = {},
  ): Promise<
    PortRef & {
      holder: ListedPort | null;
      history: (LocatedEvent & { commit: string | null; log: string })[];
      listeners: Listener[];
    }
  > {
    const ref = requirePort(port);
    const view = await this.#view(options);
    const holder = holderAt(view, ref);
    const history = await this.log({ ports: [ref], until: options.at });
    const listening = options.at === undefined ? await onHost(ref) : [];
    return {
      ...ref,
      holder: holder ? listed(view, holder) : null,
      history: history.reverse(),
      listeners: listening,
    };
  }

  /** Events, the newest first. `about` is a port or a resource; times as typed. */
  async log(
    filter: Omit<HistoryFilter, 'since' | 'until'> & {
      about?: string;
      ports?: PortRef[];
      since?: string;
      until?: string;
      limit?: number;
    } & At = {},
  ): Promise<(LocatedEvent & { commit: string | null; log: string })[]> {
    const now = Date.now();
    const view = await this.#view(filter);
    const isPort = filter.about !== undefined && meansPort(filter.about);
    const refs = filter.ports ?? (isPort ? bothProtocols(filter.about!) : undefined);
    const resource = filter.about !== undefined && !isPort ? requireResource(filter.about) : undefined;
    const found = await this.#events(refs);
    const until = filter.until ?? filter.at;
    const matching = filterHistory(
      view,
      found
        .filter(({ event }) => !resource || event.resource === resource)
        .map(({ event, log }) => ({ ...event, log })),
      {
        ...filter,
        since: filter.since === undefined ? undefined : requireMoment(filter.since, now, { start: true }),
        until: until === undefined ? undefined : requireMoment(until, now),
      },
    ).slice(0, filter.limit);
    const commits = await this.#commitsByPath(matching);
    return matching.map((event) => ({ ...event, commit: commits.get(`${event.log} ${event.path}`) ?? null }));
  }

  /** The policy as it is read, and the text it stands in. */
  async policy(at: At = {}): Promise<{ policy: Policy; source: string }> {
    const log = await this.#logs.registry();
    return { policy: (await this.#view(at)).policy, source: await log.policySource() };
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
    return { policy: JSON.parse(text), ...(await this.#outcome('', undefined, written, { docs: false })) };
  }

  /** Brings service.json and README of folders in line with the registry; with `check` only says what would change. */
  async docs(
    paths: string[],
    options: { check?: boolean } = {},
  ): Promise<{ documents: DocumentChange[]; warnings: Warning[] }> {
    const view = await this.#view({});
    const folders = (paths.length > 0 ? paths : [this.#cwd]).map((path) => openResourceFolder(path));
    const changes: DocumentChange[] = [];
    const warnings: Warning[] = [];
    for (const folder of folders) {
      const resource = folder.service?.resource;
      if (resource === undefined) {
        throw new VportsError('BAD_SERVICE_JSON', `no service.json in ${folder.path} names a resource`, {
          hint: 'give the folder of a resource, whose service.json has a "name"',
          details: { path: folder.path },
        });
      }
      const claims = holdingsOf(view, requireResource(resource)).filter((it) => !it.lease);
      const brought = bringDocuments(folder, { resource, claims, released: [] }, { write: !options.check });
      changes.push(...brought.documents);
      warnings.push(...brought.warnings);
    }
    return { documents: changes, warnings };
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

  #write<Answer>(request: Write<Answer>, { dryRun }: Common): Promise<Written<Answer>> {
    return write(this.#logs, { ...request, dryRun });
  }

  async #grants(
    resource: string,
    folder: ResourceFolder | undefined,
    written: Written<Granted[]>,
    options: Common,
  ): Promise<Grants> {
    const ports = new Map(
      written.answer.map(({ name, ...granted }) => [
        name,
        { ...granted, env: variableFor(folder, resource, name) },
      ]),
    );
    return { resource, ports, ...(await this.#outcome(resource, folder, written, options)) };
  }

  async #outcome(
    resource: string,
    folder: ResourceFolder | undefined,
    written: Written<unknown>,
    options: Common,
    released: string[] = [],
  ): Promise<Outcome> {
    const { commits, events, written: full, warnings, made } = written;
    const outcome: Outcome = {
      commits,
      events,
      written: full,
      published: 'local',
      documents: [],
      warnings,
      made,
    };
    if (!folder || options.docs === false || options.dryRun) return outcome;
    const view = await this.#view({});
    const claims = holdingsOf(view, resource).filter((it) => !it.lease);
    if (claims.length === 0 && released.length === 0) return outcome;
    const gone = released.filter((name) => !claims.some((claim) => claim.name === name));
    const brought = bringDocuments(folder, { resource, claims, released: gone }, { write: true });
    return {
      ...outcome,
      documents: brought.documents.filter(({ changed }) => changed).map(({ path }) => path),
      warnings: [...warnings, ...brought.warnings],
    };
  }

  /** The folder whose documents a command about this resource keeps in step. Throws BAD_SERVICE_JSON. */
  #folderOf(resource: string, dir: string | undefined): ResourceFolder | undefined {
    if (dir !== undefined) return openResourceFolder(dir);
    const here = openResourceFolder(this.#cwd);
    return here.service?.resource === resource ? here : undefined;
  }

  async #events(refs?: PortRef[]): Promise<{ event: LocatedEvent; log: string }[]> {
    const registry = (await (await this.#logs.registry()).events(refs)).map((event) => ({
      event,
      log: 'registry',
    }));
    if (this.#logs.embedded) return registry;
    const host = (await (await this.#logs.host()).events(refs)).map((event) => ({ event, log: 'host' }));
    return [...registry, ...host];
  }

  async #commitsByPath(events: { path: string; log: string }[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const name of ['registry', 'host'] as const) {
      const paths = events.filter(({ log }) => log === name).map(({ path }) => path);
      if (paths.length === 0) continue;
      const log = await this.#logs.named(name);
      for (const [path, commit] of await log.commitsOf(paths)) found.set(`${name} ${path}`, commit);
    }
    return found;
  }

  async #commitsOfGrants(holdings: Holding[]): Promise<Map<string, string>> {
    const grants = new Set(holdings.map(({ event }) => event));
    const events = (await this.#events(holdings)).filter(({ event }) => grants.has(event.id));
    const commits = await this.#commitsByPath(events.map(({ event, log }) => ({ path: event.path, log })));
    return new Map(
      events.flatMap(({ event, log }) => {
        const commit = commits.get(`${log} ${event.path}`);
        return commit ? [[event.id, commit] as const] : [];
      }),
    );
  }
}

function checkedReason(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : requireLine(reason, 'reason', 500);
}

/** `25000` in a question about the past means tcp and udp; `25000/udp` only that. */
function bothProtocols(text: string): PortRef[] {
  const ref = requirePort(text);
  if (text.includes('/')) return [ref];
  return [ref, { port: ref.port, protocol: 'udp' }];
}

function only(resource: string, ports: Map<string, Holding>): Holding {
  const [first, ...others] = ports.values();
  if (first && others.length === 0) return first;
  throw new VportsError('BAD_USAGE', `${resource} holds ${ports.size} ports and none is called main`, {
    hint: `say which: ${[...ports.keys()].map((name) => `\`vports get ${resource} ${name}\``).join(', ')}`,
    details: { resource, names: [...ports.keys()] },
  });
}

/** Who is bound to a port here. The system's tables are only read for a port that cannot be bound: they cost 8 ms. */
async function onHost(ref: PortRef): Promise<Listener[]> {
  if (!(await isBound(ref))) return [];
  const found = listeners().filter((it) => portKey(it) === portKey(ref));
  return found.length > 0 ? found : [listener(ref.protocol, ref.port, null)];
}

function refuseRepeated(ports: (PortRef & { name: string })[]): void {
  for (const [index, port] of ports.entries()) {
    const before = ports.slice(0, index);
    if (before.some((it) => it.name === port.name)) {
      throw new VportsError('BAD_USAGE', `the port name ${port.name} is given twice`, {
        hint: 'name each port once',
      });
    }
    if (before.some((it) => portKey(it) === portKey(port))) {
      throw new VportsError('BAD_USAGE', `${formatPort(port)} is given twice`, {
        hint: 'give each port once',
      });
    }
  }
}
