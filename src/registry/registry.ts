import { resolve } from 'node:path';
import type { PortRef } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import { badUsage } from '../errors.js';
import type { Listener } from '../host/listener.js';
import type { Bounds } from '../policy/policy.js';
import type { Progress } from '../progress.js';
import type { Cleaned } from './decide/cleanup.js';
import type { Described } from './decide/describe.js';
import type { Drift } from './decide/drift/drift.js';
import type { Moved } from './decide/reassign.js';
import type { Released } from './decide/release.js';
import type { Renewed } from './decide/renew.js';
import type { HereOptions } from './here/index.js';
import { badProject, checkedReason, requireBranch, requirePort, requireResource } from './input.js';
import { currentFolder, requireFolder } from './locate/folders.js';
import { findRegistry, meansRegistry } from './locate/locate-registry.js';
import { isProjectId } from './project/project-id.js';
import { RegistryReader } from './registry-reader.js';
import { judgedAnswer } from './state/judged-answer.js';
import type { RequestWish } from './state/logs.js';
import { viewOf } from './state/views.js';
import { type AllocateOptions, allocate } from './verbs/allocate.js';
import { allocateExact } from './verbs/allocate-exact.js';
import { type CleanupOptions, cleanup } from './verbs/cleanup.js';
import { type DescribeOptions, describe } from './verbs/describe.js';
import type { BroughtDocuments } from './verbs/docs.js';
import type { AllocateHere } from './verbs/here/allocate-here.js';
import type { Environment, EnvironmentOptions } from './verbs/here/env.js';
import type { RunRequest } from './verbs/here/run.js';
import type { Status } from './verbs/here/status.js';
import type { Reached } from './verbs/here/url.js';
import type { ImportedDocuments } from './verbs/import.js';
import { endOrphans, type Killed } from './verbs/kill.js';
import type { ChangedPolicy, MovedRange, MoveRange } from './verbs/policy.js';
import { type ReassignOptions, reassign } from './verbs/reassign.js';
import { type RegisterOptions, register } from './verbs/register.js';
import { type ReleaseOptions, release } from './verbs/release.js';
import { type RenewOptions, renew } from './verbs/renew.js';
import { type ResolvedConflicts, resolveConflicts, type Wish } from './verbs/resolve.js';
import { type Synced, sync } from './verbs/sync.js';
import type { Undone, UndoOptions } from './verbs/undo.js';
import type { Common, Grants, Outcome } from './write/outcome.js';

export interface RegistryOptions {
  /** A path, or `embedded`; else VPORTS_REGISTRY, the nearest .vports.json, the embedded registry. */
  path?: string | undefined;
  /** The URL that it is shared at, instead of a path. */
  remote?: string | undefined;
  /** Where relative paths and the search for .vports.json start. */
  cwd?: string | undefined;
  /** Write to this branch, made from the shared one where it does not exist. */
  branch?: string | undefined;
  /**
   * What becomes of a branch that was pushed. With `open` each change goes to one, and a pull request is opened; with `draft` as a draft; with
   * `wait` a verb waits until it is merged, and throws CONFLICT where it is closed.
   */
  requests?: RequestWish | undefined;
  /** The project whose names are said; else that of the repository that `cwd` is in. */
  project?: string | undefined;
  /** Called now and then with how far reading a large registry for the first time has come. */
  onProgress?: Progress | undefined;
}

/** A registry and this machine's host log: the verbs of the command line, each a file in `verbs/`. Throws VportsError. */
export class Registry extends RegistryReader {
  /** Throws REGISTRY_NOT_FOUND, UNSUPPORTED_REPOSITORY, BAD_USAGE for a branch name git would refuse. */
  static open({
    remote,
    path = remote,
    cwd = currentFolder(),
    branch,
    project,
    requests,
    onProgress,
  }: RegistryOptions = {}): Registry {
    if (project !== undefined && !isProjectId(project)) throw badProject(project);
    if (branch !== undefined) requireBranch(branch);
    return new Registry(findRegistry(path, cwd), cwd, branch, onProgress, project, requests);
  }

  /** Allocates ports to a resource (default: this folder's). Throws like the decider, and BAD_USAGE if the folder names no resource. */
  allocate(resource: string | undefined, options: AllocateOptions = {}): Promise<Grants> {
    return allocate(this.caller, resource, options);
  }

  /** Allocates exactly this port. Throws like `allocate`. */
  allocateExact(resource: string, port: string, options: Common = {}): Promise<Grants> {
    return allocateExact(this.caller, resource, port, options);
  }

  /** Registers ports that a resource already uses; each is `NUMBER` or `NAME=NUMBER`. */
  register(resource: string, ports: string[], options: RegisterOptions = {}): Promise<Grants> {
    return register(this.caller, resource, ports, options);
  }

  /** Releases the ports of resources (names and globs) in one commit. Throws NOT_HELD, UNKNOWN_RESOURCE with `strict`. */
  release(
    resources: string | string[],
    options: ReleaseOptions = {},
  ): Promise<Outcome & { released: Released[] }> {
    return release(this.caller, [resources].flat(), options);
  }

  /** Moves ports of a resource, or the claims of several (names and globs) into a range, in one commit. Throws like reassign and moveMany. */
  reassign(
    resources: string | string[],
    options: ReassignOptions = {},
  ): Promise<Outcome & { moved: Moved[] }> {
    return reassign(this.caller, [resources].flat(), options);
  }

  /** Changes owner, reason or project of the ports of resources (names and globs), in one commit. Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_USAGE. */
  describe(
    resources: string | string[],
    options: DescribeOptions = {},
  ): Promise<Outcome & { described: Described[] }> {
    return describe(this.caller, [resources].flat(), options);
  }

  /** Extends the leases of resources (names and globs). Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_TIME. */
  renew(resources: string | string[], options: RenewOptions = {}): Promise<Outcome & { renewed: Renewed[] }> {
    return renew(this.caller, [resources].flat(), options);
  }

  /** Finds, and with `fix` releases, expired leases of this machine and those whose owner is gone. */
  cleanup(options: CleanupOptions = {}): Promise<Outcome & { released: Cleaned[]; kept: Cleaned[] }> {
    return cleanup(this.caller, options);
  }

  /**
   * Looks for what registry, host and the documents of these folders do not agree on. With `fix`, what needs nobody's
   * choice is mended: by events, and by bringing the documents in line. `fixed` is that part of `drift`.
   */
  async reconcile(
    paths: string[] = [],
    options: Common & { fix?: boolean | undefined } = {},
  ): Promise<Outcome & { drift: Drift[]; fixed: Drift[] }> {
    const { reconcileTree } = await import('./verbs/reconcile.js');
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
    return { ...ref, ...(await endOrphans(ref, () => viewOf(this.logs), confirm)) };
  }

  /**
   * Runs a command on ports of resources, or of the folder's own, and gives its exit status. `report` gets the story, line by line.
   * Throws PORT_IN_USE where a stranger is on a port, CONFLICT where another run has the lease, NOT_LISTENING, NO_COMMAND, CANNOT_RUN.
   */
  async run(request: RunRequest, report: (line: string) => void = () => undefined): Promise<number> {
    const { run } = await import('./verbs/here/run.js');
    return run({ ...this.surroundings(), registry: this }, request, report);
  }

  /**
   * The ports of resources with their variables as they are meant here, what an instance has not yet leased to its folder. Throws
   * UNKNOWN_RESOURCE, BAD_PORT, NOT_HELD, BAD_USAGE where two would share a variable.
   */
  async environment(resources: string[], options: EnvironmentOptions = {}): Promise<Environment> {
    const { environmentOf } = await import('./verbs/here/env.js');
    const answer = () => environmentOf({ ...this.surroundings(), registry: this }, resources, options);
    return options.at === undefined ? judgedAnswer(this.logs, answer, ({ ports }) => ports) : answer();
  }

  /** Allocates ports to this folder's resource; in a linked worktree they are leased to it. Throws like allocate. */
  async allocateHere(options: AllocateHere = {}): Promise<Grants> {
    const { allocateHere } = await import('./verbs/here/allocate-here.js');
    return allocateHere({ ...this.surroundings(), registry: this }, options);
  }

  /** URL of a port, and whether something listens there. Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_USAGE. */
  async url(what: string | undefined, options: HereOptions = {}): Promise<Reached> {
    const { urlHere } = await import('./verbs/here/url.js');
    const answer = () => urlHere({ ...this.surroundings(), registry: this }, what, options);
    return judgedAnswer(this.logs, answer, ({ port }) => [{ port, protocol: 'tcp' }]);
  }

  /** Registry, resource and instance that apply here and why, their ports, and any problems. */
  async status(options: HereOptions = {}): Promise<Status> {
    return (await import('./verbs/here/status.js')).statusHere(this.surroundings(), options);
  }

  /** Changes policy.json in its own commit; `change` returns the new text. Throws BAD_POLICY without writing. */
  async changePolicy(
    change: (source: string) => string,
    subject: string,
    options: Common = {},
  ): Promise<ChangedPolicy> {
    return (await import('./verbs/policy.js')).changePolicy(this.logs, change, subject, options);
  }

  /**
   * Gives a range of the policy new bounds, inclusive; with `reassign` the claims that they leave outside move into them, in order and in
   * the same commit. Throws UNKNOWN_RANGE, BAD_USAGE for bounds that overlap another range, RANGE_FULL.
   */
  async moveRange(id: string, bounds: Bounds, options: MoveRange = {}): Promise<MovedRange> {
    return (await import('./verbs/policy.js')).moveRange(this.logs, id, bounds, options);
  }

  /**
   * Puts on record, in one commit, what documents at and below these paths say of ports; or, where the one path is a registry (`embedded`, a
   * path or a URL), what this project claims there. `format` is `auto` or the id of one; with `allocate` what asks for a port gets one.
   * Of a registry, `all` takes everybody's claims once `confirm` agrees to them, and `move` releases there what is on record here then, which `moved` counts.
   * Throws BAD_USAGE for a path that is not there, and for options that do not go together.
   */
  async import(
    paths: string[],
    {
      all,
      move,
      confirm,
      ...options
    }: Common & {
      format?: string | undefined;
      /** Of a list of several machines, the one whose rows are meant. */
      host?: string | undefined;
      allocate?: boolean | undefined;
      owner?: string | undefined;
      all?: boolean | undefined;
      move?: boolean | undefined;
      confirm?: ((claims: Holding[]) => Promise<boolean>) | undefined;
    } = {},
  ): Promise<Outcome & ImportedDocuments & { moved?: number }> {
    const [source = ''] = paths;
    if (paths.length === 1 && meansRegistry(source, this.cwd)) {
      const { importRegistry } = await import('./verbs/import-registry.js');
      return importRegistry(this.logs, source, { ...options, all, move, confirm });
    }
    if (all || move)
      throw badUsage(
        `--${move ? 'move' : 'all'} only applies to importing a registry, and these are documents`,
        "to import this project's claims from the registry of this machine: `vports import embedded --move`",
      );
    return (await import('./verbs/import.js')).importDocuments(
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
   * that was opened on a branch, merges the shared branch into that, without a checkout. `keep` names a resource that keeps its
   * port. Throws BAD_USAGE where there is nothing to settle, CONFLICT for what only a person can merge.
   */
  async resolve(options: Wish = {}): Promise<ResolvedConflicts> {
    if (options.keep !== undefined) requireResource(options.keep);
    return resolveConflicts(this.logs, this.cwd, { ...options, reason: checkedReason(options.reason) });
  }

  /**
   * Takes a command back by new events: `target` is an event (its id or path) or a commit. What a commit changed in the policy is
   * changed back, key by key; `confirm` is asked if held ports then end up outside every range. Throws BAD_REVISION for what is
   * neither, CONFLICT with the reason where a later event or change of the policy depends on it, BAD_USAGE without consent.
   */
  async undo(target: string, options: UndoOptions = {}): Promise<Undone> {
    return (await import('./verbs/undo.js')).undo(this.caller, target, options);
  }

  /** Fetches changes, and pushes branches that were committed offline. */
  sync(): Promise<Synced> {
    return sync(this.logs);
  }
}
