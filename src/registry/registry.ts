import { resolve } from 'node:path';
import type { FolderLease, LeaseOwner } from '../../events/lease.js';
import type { PortRef } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import type { ResourceFolder } from '../documents/resource-folder.js';
import { VportsError } from '../errors.js';
import type { Listener } from '../host/listener.js';
import type { LocatedEvent } from '../log/event-log.js';
import { isOwn } from '../process/identity.js';
import { seenHere } from '../process/mount.js';
import type { Progress } from '../progress.js';
import { allocate, type Granted, namesHeld } from './decide/allocate.js';
import { requestOf, take } from './decide/allocate-exact.js';
import { type Cleaned, cleanup } from './decide/cleanup.js';
import { type Described, describe } from './decide/describe.js';
import type { Drift } from './decide/documents/drift.js';
import { type Moved, reassign } from './decide/reassign.js';
import { register } from './decide/register.js';
import { type Released, release } from './decide/release.js';
import { type Renewed, renew } from './decide/renew.js';
import type { View } from './decide/view.js';
import type { Documented } from './documents/documents-in-commit.js';
import type { HereOptions } from './here/index.js';
import {
  badProject,
  checkedOwner,
  checkedReason,
  refuseRepeated,
  requireBranch,
  requirePort,
  requirePortName,
  requireResource,
} from './input.js';
import { lensOn } from './project/own-view.js';
import { isProjectId } from './project/project-id.js';
import { RegistryReader } from './registry-reader.js';
import { deadLeases, livenessOfOwner } from './state/dead-leases.js';
import { whoseLease } from './state/folder-leases.js';
import { currentFolder, requireFolder } from './state/folders.js';
import { judgedAnswer } from './state/judged-answer.js';
import { findRegistry, meansRegistry } from './state/locate-registry.js';
import { exposedHere, provenHere, strangersOn } from './state/port-on-host.js';
import type { AllocateHere } from './verbs/allocate-here.js';
import type { ChangedPolicy } from './verbs/change-policy.js';
import type { BroughtDocuments } from './verbs/docs.js';
import type { Environment, EnvironmentOptions } from './verbs/env.js';
import type { ImportedDocuments } from './verbs/import.js';
import { endOrphans, type Killed } from './verbs/kill.js';
import { reconcileTree } from './verbs/reconcile.js';
import { type ResolvedConflicts, resolveConflicts, type Wish } from './verbs/resolve.js';
import type { RunRequest } from './verbs/run.js';
import type { Status } from './verbs/status.js';
import { type Synced, sync } from './verbs/sync.js';
import type { Reached } from './verbs/url.js';
import { afterwards, type Common, type Grants, grantsOf, type Outcome, outcomeOf } from './write/outcome.js';
import { requestedPorts } from './write/requested-ports.js';
import { type Write, type Written, write } from './write/write.js';

export interface RegistryOptions {
  /** A path, or `embedded`; else VPORTS_REGISTRY, the nearest .vports.json, the embedded registry. */
  path?: string | undefined;
  /** The URL that it is shared at, instead of a path. */
  remote?: string | undefined;
  /** Where relative paths and the search for .vports.json start. */
  cwd?: string | undefined;
  /** Write to this branch, made from the shared one where it does not exist. */
  branch?: string | undefined;
  /** The project whose names are said; else that of the repository that `cwd` is in. */
  project?: string | undefined;
  /** Told now and then how far reading a large registry for the first time has come. */
  onProgress?: Progress | undefined;
}

/** A registry and this machine's host log, with the verbs of the command line. Throws VportsError. */
export class Registry extends RegistryReader {
  /** Throws REGISTRY_NOT_FOUND, UNSUPPORTED_REPOSITORY, BAD_USAGE for a branch name git would refuse. */
  static open({
    remote,
    path = remote,
    cwd = currentFolder(),
    branch,
    project,
    onProgress,
  }: RegistryOptions = {}): Registry {
    if (project !== undefined && !isProjectId(project)) throw badProject(project);
    if (branch !== undefined) requireBranch(branch);
    return new Registry(findRegistry(path, cwd), cwd, branch, onProgress, project);
  }

  /** Gives a resource its ports; without a name that of this folder. Throws what the decision says, and BAD_USAGE where no name follows from it. */
  async allocate(
    named: string | undefined,
    options: Common & {
      ports?: string[] | undefined;
      range?: string | undefined;
      /** A lease, `ttl` milliseconds long. */
      dynamic?: boolean | undefined;
      ttl?: number | undefined;
      leaseOwner?: LeaseOwner | undefined;
      /** For as long as this folder is there. */
      leaseFolder?: FolderLease | undefined;
      block?: number | undefined;
      strict?: boolean | undefined;
      owner?: string | undefined;
    } = {},
  ): Promise<Grants> {
    const resource = await this.#typed(named ?? (await this.#resourceHere()));
    const folder = this.folderOf(resource, options.dir);
    const wants = requestedPorts(options.ports ?? [], folder, options.block);
    const dynamic = options.dynamic || options.ttl !== undefined || folder?.service?.dynamic === true;
    if (dynamic && this.logs.branch !== undefined) {
      throw new VportsError('BAD_USAGE', 'a lease lives in the host log, which has no branches', {
        hint: 'leave --branch or --dynamic out',
      });
    }
    const { range, strict, reason } = options;
    const owner = checkedOwner(options.owner);
    // What this process itself has leased it may hand on.
    const liveness = (owner: LeaseOwner, holding: Holding) =>
      isOwn(owner) ? 'dead' : livenessOfOwner(holding, owner);
    const { ttl, leaseOwner, leaseFolder } = options;
    const seen = leaseFolder && seenHere(leaseFolder.folder);
    const recorded = leaseFolder && { ...leaseFolder, ...(seen && { seen }) };
    const ofFolder = recorded && { folder: recorded, whose: whoseLease(recorded) };
    const lease = dynamic
      ? { ttl, owner: leaseOwner, liveness, exposed: await exposedHere(), ...ofFolder }
      : undefined;
    const block = options.block !== undefined;
    const strangers = await strangersOn(lensOn(this.logs, await this.view({})).view, resource, wants);
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
    const isUnnamed = !options.ports?.length && !folder?.service?.ports.length && !block;
    const wantsIn = (view: View) => (isUnnamed ? namesHeld(view, resource, wants) : wants);
    const write = {
      decide: (view: View) => allocate(view, { ...command, wants: wantsIn(view) }),
      local: dynamic,
      exact: wants.some(({ preferred }) => preferred !== undefined),
      grants: true,
    };
    const written = await this.#write(
      { ...write, resource, ...documentsOf(resource, folder, options) },
      options,
    );
    return this.#grants(resource, folder, written, options);
  }

  async register(
    resource: string,
    ports: string[],
    options: Common & { allowOutsidePolicy?: boolean | undefined; owner?: string | undefined } = {},
  ): Promise<Grants> {
    resource = await this.#typed(resource);
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
    const folder = this.folderOf(resource, options.dir);
    const written = await this.#write(
      {
        decide: (view) => register(view, command),
        exact: true,
        grants: true,
        resource,
        ...documentsOf(resource, folder, options),
      },
      options,
    );
    return this.#grants(resource, folder, written, options);
  }

  /** Allocates one very port, by its number alone, as scripts do that chose it themselves. Throws what allocate throws. */
  async take(resource: string, port: string, options: Common = {}): Promise<Grants> {
    resource = await this.#typed(resource);
    const ref = requirePort(port);
    const folder = this.folderOf(resource, options.dir);
    const same = folder?.service?.ports.find((it) => it.port === ref.port && it.protocol === ref.protocol);
    const asked = { resource, ref, known: same?.name, reason: checkedReason(options.reason) };
    const { view } = lensOn(this.logs, await this.view({}));
    const strangers = await strangersOn(view, resource, [requestOf(view, asked)]);
    const request = {
      decide: (view: View) => take(view, { ...asked, strangers }),
      exact: true,
      grants: true,
    };
    const written = await this.#write(
      { ...request, resource, ...documentsOf(resource, folder, options) },
      options,
    );
    return this.#grants(resource, folder, written, options);
  }

  async release(
    resource: string,
    options: Common & {
      ports?: string[] | undefined;
      strict?: boolean | undefined;
      ownedBy?: LeaseOwner | undefined;
    } = {},
  ): Promise<Outcome & { released: Released[] }> {
    resource = await this.#typed(resource);
    for (const text of options.ports ?? []) if (/^[0-9]/.test(text)) requirePort(text);
    for (const text of options.ports ?? []) if (!/^[0-9]/.test(text)) requirePortName(text);
    const command = {
      resource,
      ports: options.ports ?? [],
      strict: options.strict,
      ownedBy: options.ownedBy,
      reason: checkedReason(options.reason),
    };
    const folder = this.folderOf(resource, options.dir);
    const written = await this.#write(
      { decide: (view) => release(view, command), resource, ...documentsOf(resource, folder, options) },
      options,
    );
    const released = written.answer.map(({ name }) => name);
    const about = { resource, folder, released };
    const outcome = await outcomeOf(written, options, [about]);
    return { released: written.answer, ...outcome };
  }

  /**
   * Moves ports of a resource, or of several (names and globs), which then takes `range`: its id, FROM-TO, or `auto` for the one
   * that each name belongs in. All of it is one command. Throws what reassign and renumber throw.
   */
  async reassign(
    resources: string | string[],
    options: Common & {
      port?: string | undefined;
      to?: string | undefined;
      range?: string | undefined;
      allowOutsidePolicy?: boolean | undefined;
    } = {},
  ): Promise<Outcome & { moved: Moved[] }> {
    const patterns = [resources].flat();
    const [resource = ''] = patterns;
    const many = patterns.length > 1 || options.range === 'auto' || /[*?]/.test(resource);
    const written = many ? await this.#moveMany(patterns, options) : await this.#reassign(resource, options);
    const hazards = await provenHere(written.moved.map((it) => ({ protocol: it.protocol, port: it.to })));
    return { ...written, warnings: [...written.warnings, ...hazards] };
  }

  async #reassign(
    resource: string,
    options: NonNullable<Parameters<Registry['reassign']>[1]>,
  ): Promise<Outcome & { moved: Moved[] }> {
    resource = await this.#typed(resource);
    const name = options.port === undefined ? undefined : requirePortName(options.port);
    const to = options.to === undefined ? undefined : requirePort(options.to);
    const protocol = options.to?.includes('/') ? to?.protocol : undefined;
    const command = {
      resource,
      name,
      to: to?.port,
      protocol,
      range: options.range,
      allowOutsidePolicy: options.allowOutsidePolicy,
      reason: checkedReason(options.reason),
    };
    const about = await this.#documentsOf(resource, options);
    const written = await this.#write(
      {
        decide: (view) => reassign(view, command),
        exact: to !== undefined,
        resource,
        documents: () => about,
      },
      options,
    );
    return { moved: written.answer, ...(await outcomeOf(written, options, about)) };
  }

  /** Of the folder that is named or current, else of all that the work tree has of a resource. */
  async #documentsOf(resource: string, options: Common): Promise<Documented[]> {
    const folder = this.folderOf(resource, options.dir);
    if (options.docs === false || options.dryRun) return [];
    if (folder) return [{ resource, folder }];
    const { documentsFor, rootAround } = await import('./verbs/reassign-many.js');
    return documentsFor(rootAround(this.logs, this.cwd), [resource]).documents;
  }

  async #moveMany(
    patterns: string[],
    options: Common & { port?: string | undefined; to?: string | undefined; range?: string | undefined },
  ): Promise<Outcome & { moved: Moved[] }> {
    const { reassignMany } = await import('./verbs/reassign-many.js');
    return reassignMany(this.logs, this.cwd, patterns, options);
  }

  async describe(
    resource: string,
    options: Common & {
      port?: string | undefined;
      owner?: string | undefined;
      toProject?: string | undefined;
    } = {},
  ): Promise<Outcome & { described: Described[] }> {
    resource = await this.#typed(resource);
    const name = options.port === undefined ? undefined : requirePortName(options.port);
    const owner = checkedOwner(options.owner);
    const { toProject } = options;
    if (toProject !== undefined && !isProjectId(toProject)) throw badProject(toProject);
    const command = { resource, name, owner, toProject, reason: checkedReason(options.reason) };
    const written = await this.#write({ decide: (view) => describe(view, command), resource }, options);
    const outcome = await outcomeOf(written, options);
    return { described: written.answer, ...outcome };
  }

  /** `ttl` in milliseconds. */
  async renew(
    resource: string,
    options: Common & { ttl?: number | undefined } = {},
  ): Promise<Outcome & { renewed: Renewed[] }> {
    resource = await this.#typed(resource);
    const command = { resource, ttl: options.ttl, reason: checkedReason(options.reason) };
    const written = await this.#write(
      { decide: (view) => renew(view, command), local: true, resource },
      options,
    );
    const outcome = await outcomeOf(written, options);
    return { renewed: written.answer, ...outcome };
  }

  /**
   * Releases this machine's leases that are past their end or whose owner is gone. Without `fix` it only tells. What still
   * listens is kept, but for the resource that `force` names.
   */
  async cleanup(
    options: Common & { fix?: boolean | undefined; force?: string | undefined } = {},
  ): Promise<Outcome & { released: Cleaned[]; kept: Cleaned[] }> {
    const force = options.force === undefined ? undefined : requireResource(options.force);
    const command = { force, reason: checkedReason(options.reason) };
    const decide = (view: View) => cleanup(view, { ...command, ownerGone: deadLeases(view.host) });
    const dryRun = !options.fix || options.dryRun;
    const written = await this.#write({ decide, looks: true, local: true, literal: true }, { dryRun });
    return { ...written.answer, ...(await outcomeOf(written, options)) };
  }

  /**
   * Looks for what registry, host and the documents of these folders do not agree on. With `fix`, what needs nobody's
   * choice is mended: by events, and by bringing the documents in line. `fixed` is that part of `drift`.
   */
  async reconcile(
    paths: string[] = [],
    options: Common & { fix?: boolean | undefined } = {},
  ): Promise<Outcome & { drift: Drift[]; fixed: Drift[] }> {
    const roots = paths.map((path) => resolve(this.cwd, path));
    const reconciled = await reconcileTree(this.logs, roots, this.cwd, options);
    const pasted = new Map(reconciled.drift.map((it) => [it, this.asPasted(it)]));
    const fixed = reconciled.fixed.map((it) => pasted.get(it)!);
    return { ...reconciled, drift: [...pasted.values()], fixed };
  }

  /**
   * Ends the orphan processes on a port, once `confirm` has agreed. Throws NOT_HELD where nothing listens, CONFLICT where
   * it is no orphan.
   */
  async kill(port: string, confirm: (orphans: Listener[]) => Promise<boolean>): Promise<PortRef & Killed> {
    const ref = requirePort(port);
    return { ...ref, ...(await endOrphans(ref, () => this.view({}), confirm)) };
  }

  /**
   * Runs a command on ports of resources, or of the folder's own, and gives its exit status. `tell` is told the story, line by line.
   * Throws PORT_IN_USE where a stranger is on a port, CONFLICT where another run has the lease, NOT_LISTENING, NO_COMMAND, CANNOT_RUN.
   */
  async run(request: RunRequest, tell: (line: string) => void = () => undefined): Promise<number> {
    const { run } = await import('./verbs/run.js');
    return run({ ...this.surroundings(), registry: this }, request, tell);
  }

  /**
   * The ports of resources with their variables as they are meant here, what an instance has not yet leased to its folder. Throws
   * UNKNOWN_RESOURCE, BAD_PORT, NOT_HELD, BAD_USAGE where two would share a variable.
   */
  async environment(resources: string[], options: EnvironmentOptions = {}): Promise<Environment> {
    const { environmentOf } = await import('./verbs/env.js');
    const answer = () => environmentOf({ ...this.surroundings(), registry: this }, resources, options);
    return options.at === undefined ? judgedAnswer(this.logs, answer, ({ ports }) => ports) : answer();
  }

  /** Gives a resource its ports as it is meant here: in a linked worktree they are leased to it. Throws what allocate throws. */
  async allocateHere(options: AllocateHere = {}): Promise<Grants> {
    const { allocateHere } = await import('./verbs/allocate-here.js');
    return allocateHere({ ...this.surroundings(), registry: this }, options);
  }

  /** Where a port is reached, and whether something listens there. Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_USAGE. */
  async url(what: string | undefined, options: HereOptions = {}): Promise<Reached> {
    const { urlHere } = await import('./verbs/url.js');
    const answer = () => urlHere({ ...this.surroundings(), registry: this }, what, options);
    return judgedAnswer(this.logs, answer, ({ port }) => [{ port, protocol: 'tcp' }]);
  }

  /** Which registry, resource and instance are meant here and why, their ports, and what is wrong. */
  async status(options: HereOptions = {}): Promise<Status> {
    const { statusHere } = await import('./verbs/status.js');
    return statusHere(this.surroundings(), options);
  }

  /** Changes policy.json in a commit of its own; `change` gives the new text. Throws BAD_POLICY, and then writes nothing. */
  async changePolicy(
    change: (source: string) => string,
    subject: string,
    options: Common = {},
  ): Promise<ChangedPolicy> {
    const { changePolicy } = await import('./verbs/change-policy.js');
    return changePolicy(this.logs, change, subject, options);
  }

  /**
   * Puts on record, in one commit, what documents at and below these paths say of ports; or, where the one path is a registry (`embedded`, a
   * path or a URL), what this project claims there. `format` is `auto` or the id of one; with `allocate` what asks for a port gets one.
   * Of a registry, `all` takes the claims of no project too, and `move` releases there what is on record here then, which `moved` counts.
   * Throws BAD_USAGE for a path that is not there, and for options that do not go together.
   */
  async import(
    paths: string[],
    {
      all,
      move,
      ...options
    }: Common & {
      format?: string | undefined;
      host?: string | undefined;
      allocate?: boolean | undefined;
      owner?: string | undefined;
      all?: boolean | undefined;
      move?: boolean | undefined;
    } = {},
  ): Promise<Outcome & ImportedDocuments & { moved?: number }> {
    const [source = ''] = paths;
    if (paths.length === 1 && meansRegistry(source, this.cwd)) {
      const { importRegistry } = await import('./verbs/import-registry.js');
      return importRegistry(this.logs, source, { ...options, all, move });
    }
    if (all || move)
      throw new VportsError(
        'BAD_USAGE',
        `--${move ? 'move' : 'all'} is about a registry, and these are documents`,
        {
          hint: '`vports import embedded --move` takes what this project claims in the registry of this machine',
        },
      );
    const { importDocuments } = await import('./verbs/import.js');
    return importDocuments(
      this.logs,
      paths.map((path) => resolve(this.cwd, path)),
      options,
    );
  }

  /**
   * Brings the documents of all resources at and below these paths in line with the registry; with `check` only says what
   * would change. Throws BAD_SERVICE_JSON.
   */
  async docs(paths: string[], options: { check?: boolean | undefined } = {}): Promise<BroughtDocuments> {
    const { bringDocumentsInStep } = await import('./verbs/docs.js');
    const roots = (paths.length > 0 ? paths : [this.cwd]).map((path) =>
      requireFolder(resolve(this.cwd, path)),
    );
    const brought = await bringDocumentsInStep(this.logs, roots, { write: !options.check });
    return { ...brought, problems: brought.problems.map((it) => this.asPasted(it)) };
  }

  /**
   * Settles the conflict that a merge or rebase of a checked-out registry has stopped at, documents included; of a registry
   * that was opened on a branch, merges what all share into that, without a checkout. `keep` names a resource that keeps its
   * port. Throws BAD_USAGE where there is nothing to settle, CONFLICT for what only a person can merge.
   */
  async resolve(options: Wish = {}): Promise<ResolvedConflicts> {
    if (options.keep !== undefined) requireResource(options.keep);
    return resolveConflicts(this.logs, this.cwd, { ...options, reason: checkedReason(options.reason) });
  }

  /**
   * Takes a command back by new events: `target` is an event (its id or path) or a commit. Throws BAD_REVISION for what is
   * neither, CONFLICT with the reason where a later event depends on it.
   */
  async undo(target: string, options: Common = {}): Promise<Outcome & { undone: LocatedEvent[] }> {
    const { undoing } = await import('./verbs/undo.js');
    const { resources, ...request } = await undoing(this.logs, target, options.reason);
    const [resource] = resources.length === 1 ? resources : [];
    const folder = resource === undefined ? undefined : this.folderOf(resource, options.dir);
    const documents = resource === undefined ? {} : documentsOf(resource, folder, options);
    const written = await this.#write({ ...request, ...documents }, options);
    const released = written.answer.filter(({ type }) => type === 'port.released').map(({ name }) => name);
    const about = resource === undefined ? [] : [{ resource, folder, released }];
    const outcome = await outcomeOf(written, options, about);
    return { ...outcome, undone: outcome.written };
  }

  /** Fetches what others have published, and pushes branches that were committed without a network. */
  sync(): Promise<Synced> {
    return sync(this.logs);
  }

  async #resourceHere(): Promise<string> {
    const { resourceHere } = await import('./here/index.js');
    return resourceHere(this.cwd, process.env.RESOURCE_NAME || undefined).resource;
  }

  /** The resource that is meant by a name here, as the project calls it. Throws BAD_NAME. */
  async #typed(name: string): Promise<string> {
    requireResource(name);
    return this.logs.project() ? lensOn(this.logs, await this.view({})).typed(name) : name;
  }

  async #grants(
    resource: string,
    folder: ResourceFolder | undefined,
    written: Written<Granted[]>,
    options: Common,
  ): Promise<Grants> {
    const grants = await grantsOf(resource, folder, written, options);
    const created = written.answer.filter((it) => it.created);
    const hazards = await afterwards(
      written.commits,
      () => provenHere(created),
      (warning) => [warning],
    );
    return { ...grants, warnings: [...grants.warnings, ...hazards] };
  }

  #write<Answer>(request: Write<Answer>, { dryRun }: Common): Promise<Written<Answer>> {
    return write(this.logs, { ...request, dryRun });
  }
}

function documentsOf(resource: string, folder: ResourceFolder | undefined, { docs, dryRun }: Common) {
  return folder && docs !== false && !dryRun ? { documents: () => [{ resource, folder }] } : {};
}
