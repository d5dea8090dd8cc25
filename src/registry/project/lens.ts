import type { NewEvent } from '../../../events/event.js';
import { Holdings } from '../../../events/holdings.js';
import { baseOf } from '../../../events/names.js';
import type { PortRef } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Placed } from '../decide/decision.js';
import type { View } from '../decide/view.js';
import { nameOfProject, type ProjectHere } from './project-here.js';
import { isSameProject, ownNames } from './project-id.js';

/** The project whose names are used. */
export interface Asker extends Pick<ProjectHere, 'id' | 'folder'> {
  /** An earlier id of this repository; its holdings still belong to it. */
  former?: string | undefined;
  /** The id as recorded in a log; undefined if it would mean nothing to the log's readers. */
  recorded(log: Placed['log']): string | undefined;
}

/** Translates between a project's own names and the recorded ones. */
export interface Lens {
  view: View;
  /** The recorded name for a project name, existing or future. */
  literal(said: string): string;
  /** The project's name for the holder in an event. */
  said(event: Pick<NewEvent, 'resource'>): string;
  /** Resolves a typed name: the project's own name, else its own recorded name. */
  typed(name: string): string;
  /** Events with recorded names and their project. */
  placed(events: Placed[]): Placed[];
  /** The holder of a recorded name of another project, if this project has none of that name. */
  foreign(said: string): Holding | undefined;
}

/**
 * What a project sees: its own resources by its own names, and those that belong to nobody by theirs. What others hold it sees under a
 * name that nobody can say, such as `db of github.com/acme/shop`; with `reads` by its name on record, where it has none of that name.
 * Outside of a repository all names are those on record.
 */
export function throughLens(view: View, asker: Asker | undefined, { reads = false } = {}): Lens {
  const haveProjects = view.registry.haveProjects || view.host.haveProjects;
  return asker && haveProjects ? new ProjectLens(view, asker, reads) : new PlainLens(view, asker);
}

type Belonging = { project?: string | undefined; local?: string | undefined };

function ownership(asker: Asker | undefined): (it: Belonging) => boolean {
  const known = new Map<string, boolean>();
  const compare = (project: string) =>
    asker !== undefined &&
    ((asker.id !== undefined && isSameProject(project, asker.id)) || project === asker.former);
  return ({ project }) => {
    if (project === undefined) return false;
    const isOwn = known.get(project) ?? compare(project);
    known.set(project, isOwn);
    return isOwn;
  };
}

function withProject(
  event: NewEvent,
  { asker, log }: { asker: Asker | undefined; log: Placed['log'] },
): NewEvent {
  const isGrant = event.type === 'port.allocated' || event.type === 'port.registered';
  const project = isGrant && event.project === undefined ? asker?.recorded(log) : undefined;
  return project === undefined ? event : ({ ...event, project } as NewEvent);
}

/** No translation: no project, or no other projects. */
class PlainLens implements Lens {
  readonly #isOwn: (it: Belonging) => boolean;

  constructor(
    readonly view: View,
    private readonly asker: Asker | undefined,
  ) {
    this.#isOwn = ownership(asker);
  }

  literal(said: string): string {
    return said;
  }

  said({ resource, ...event }: Pick<NewEvent, 'resource'> & Belonging): string {
    return this.#isOwn(event) ? (event.local ?? resource) : resource;
  }

  typed(name: string): string {
    return name;
  }

  foreign(said: string): Holding | undefined {
    const held = [...this.view.registry.of(said), ...this.view.host.of(said)];
    return held.find((it) => it.project !== undefined && !this.#isOwn(it));
  }

  placed(events: Placed[]): Placed[] {
    const asker = this.asker;
    return events.map(({ log, event }) => ({ log, event: withProject(event, { asker, log }) }));
  }
}

class ProjectLens implements Lens {
  readonly view: View;
  readonly #isOwn: (it: Belonging) => boolean;
  readonly #labels = new Map<string, Holding>();
  readonly #given = new Map<string, string>();
  #names: Names | undefined;

  constructor(
    private readonly raw: View,
    private readonly asker: Asker,
    private readonly reads: boolean,
  ) {
    this.#isOwn = ownership(asker);
    const seen = (log: Holdings) => new SeenHoldings(log, (it) => this.#nameOf(it), this.#isOwn);
    const registry = seen(raw.registry);
    const claims = <C extends Belonging & { resource: string }>(found: ReadonlyMap<string, C>) =>
      new Map([...found].map(([key, it]) => [key, this.#isOwn(it) ? { ...it, resource: calledIn(it) } : it]));
    this.view = {
      ...raw,
      registry,
      host: raw.host === raw.registry ? registry : seen(raw.host),
      ...(raw.claimed && { claimed: claims(raw.claimed) as typeof raw.claimed }),
      ...(raw.waiting && { waiting: claims(raw.waiting) as typeof raw.waiting }),
    };
  }

  /** Lazy: in a large registry most commands only need a name that is plainly their own. */
  get #all(): Names {
    this.#names ??= namesIn(this.raw, this.#isOwn);
    return this.#names;
  }

  #nameOf(it: Holding): string {
    if (this.#isOwn(it)) return calledIn(it);
    const { literals, unowned } = this.#all;
    const isShadowed = literals.has(it.resource) && literals.get(it.resource) !== it.resource;
    if (it.project === undefined && !isShadowed) return it.resource;
    const isSaid = literals.has(it.resource) || unowned.has(it.resource);
    if (it.project !== undefined && this.reads && !isSaid) return it.resource;
    const label = `${it.resource} of ${it.project === undefined ? 'no project' : nameOfProject(it.project)}`;
    this.#labels.set(label, it);
    return label;
  }

  /** Whether the recorded name equals the project's own name. */
  #isPlain(name: string): boolean {
    const held = this.raw.registry.of(name);
    return held.length > 0 && held.every((it) => this.#isOwn(it) && calledIn(it) === name);
  }

  literal(said: string): string {
    if (this.#isPlain(said)) return said;
    const { literals, known, foreigners } = this.#all;
    const on =
      this.#labels.get(said)?.resource ??
      literals.get(said) ??
      this.#given.get(said) ??
      (known.has(said) ? said : undefined);
    if (on !== undefined || this.reads) return on ?? said;
    const isTaken = (name: string) => [...foreigners.keys()].some((it) => baseOf(it) === baseOf(name));
    let name = said;
    if (isTaken(said))
      for (const it of ownNames(this.asker.id, said, this.asker.folder)) {
        name = it;
        if (!isTaken(it) && !known.has(it)) break;
      }
    this.#given.set(said, name);
    return name;
  }

  said({ resource, ...event }: Pick<NewEvent, 'resource'> & Belonging): string {
    if (this.#isOwn(event)) return event.local ?? resource;
    return this.#isPlain(resource) ? resource : (this.#all.known.get(resource) ?? resource);
  }

  typed(name: string): string {
    if (this.#isPlain(name)) return name;
    const { literals, known } = this.#all;
    return literals.has(name) ? name : (known.get(name) ?? name);
  }

  foreign(said: string): Holding | undefined {
    if (this.#isPlain(said)) return undefined;
    const { literals, unowned, foreigners } = this.#all;
    return literals.has(said) || unowned.has(said) ? undefined : foreigners.get(said);
  }

  placed(events: Placed[]): Placed[] {
    return events.map(({ log, event }) => ({ log, event: this.#onRecord(event, log) }));
  }

  /** By the holding of the event: a merge can leave a project with two resources of one local name. */
  #heldAs(event: NewEvent, log: Placed['log']): string | undefined {
    const port = ('from' in event ? event.from : undefined) ?? event.port;
    const holding = this.raw[log].at({ protocol: event.protocol, port });
    return holding && this.#nameOf(holding) === event.resource ? holding.resource : undefined;
  }

  #onRecord(event: NewEvent, log: Placed['log']): NewEvent {
    const isGrant = event.type === 'port.allocated' || event.type === 'port.registered';
    if (!isGrant) return { ...event, resource: this.#heldAs(event, log) ?? this.literal(event.resource) };
    const label = this.#labels.get(event.resource);
    if (event.project !== undefined) {
      const on = label?.resource ?? this.#heldAs(event, log);
      const { local, ...rest } = { ...event, resource: on ?? event.resource };
      return local === undefined || local === rest.resource ? rest : { ...rest, local };
    }
    const resource = this.literal(event.resource);
    if (label) {
      const { project, local } = label;
      return { ...event, resource, ...(project && { project }), ...(local && { local }) };
    }
    const recorded = withProject(event, { asker: this.asker, log }) as typeof event;
    const isOther = recorded.project !== undefined && resource !== event.resource;
    return { ...recorded, resource, ...(isOther && { local: event.resource }) };
  }
}

interface Names {
  literals: ReadonlyMap<string, string>;
  known: ReadonlyMap<string, string>;
  foreigners: ReadonlyMap<string, Holding>;
  unowned: ReadonlySet<string>;
}

function namesIn({ registry, host }: View, isOwn: (it: Belonging) => boolean): Names {
  const [literals, known] = [new Map<string, string>(), new Map<string, string>()];
  const foreigners = new Map<string, Holding>();
  const unowned = new Set<string>();
  for (const it of registry === host ? registry : [...registry, ...host]) {
    if (isOwn(it)) {
      literals.set(calledIn(it), it.resource);
      known.set(it.resource, calledIn(it));
    } else if (it.project === undefined) unowned.add(it.resource);
    else foreigners.set(it.resource, it);
  }
  return { literals, known, foreigners, unowned };
}

function calledIn({ resource, local = resource }: { resource: string; local?: string | undefined }): string {
  return local;
}

class SeenHoldings extends Holdings {
  #renamed: Holdings | undefined;

  constructor(
    private readonly raw: Holdings,
    private readonly nameOf: (it: Holding) => string,
    private readonly isOwn: (it: Belonging) => boolean,
  ) {
    super();
  }

  #seen(it: Holding): Holding {
    const resource = this.nameOf(it);
    // Processes use the name of their own project.
    return resource === it.resource ? it : { ...it, resource, local: it.local ?? it.resource };
  }

  get #all(): Holdings {
    this.#renamed ??= new Holdings([...this.raw].map((it) => this.#seen(it)));
    return this.#renamed;
  }

  override get size(): number {
    return this.raw.size;
  }

  override get haveProjects(): boolean {
    return this.raw.haveProjects;
  }

  override put(): void {
    throw new Error('what a project sees is not changed: copy it');
  }

  override remove(): void {
    this.put();
  }

  override at(ref: PortRef): Holding | undefined {
    const holding = this.raw.at(ref);
    return holding && this.#seen(holding);
  }

  override of(resource: string): Holding[] {
    const held = this.raw.of(resource);
    const isPlain = held.length > 0 && held.every((it) => this.isOwn(it) && calledIn(it) === resource);
    return isPlain ? held : this.#all.of(resource);
  }

  override withVariable(variable: string): Holding[] {
    return this.#all.withVariable(variable);
  }

  override leases(): Holding[] {
    return this.raw.leases().map((it) => this.#seen(it));
  }

  override [Symbol.iterator](): IterableIterator<Holding> {
    return this.#all[Symbol.iterator]();
  }
}
