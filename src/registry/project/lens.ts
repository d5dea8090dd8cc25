import type { NewEvent } from '../../../events/event.js';
import { Holdings } from '../../../events/holdings.js';
import { baseOf } from '../../../events/names.js';
import type { Holding } from '../../../events/stream.js';
import type { Placed } from '../decide/decision.js';
import type { View } from '../decide/view.js';
import { nameOfProject, type ProjectHere } from './project-here.js';
import { isSameProject, ownNames } from './project-id.js';

/** Whose names are said, and in which of the logs its id is written down. */
export interface Asker extends Pick<ProjectHere, 'id' | 'folder'> {
  /** The id that had been recorded before this repository had its own: what it holds is its own all the same. */
  former?: string | undefined;
  /** The id as it is written down in a log; undefined where its readers could make nothing of it. */
  recorded(log: Placed['log']): string | undefined;
}

/** A state with the names that a project says, and the way from these to those on record. */
export interface Lens {
  view: View;
  /** The name on record of what the project calls so, or would get for it. */
  literal(said: string): string;
  /** What the project calls the holder that an event speaks of. */
  said(event: Pick<NewEvent, 'resource'>): string;
  /** What is meant by a name that somebody types: the project's own of that name, else its own that is on record under it. */
  typed(name: string): string;
  /** The events of a decision with the names on record, and whose they are. */
  placed(events: Placed[]): Placed[];
  /** Who holds a literal name that is of another project, where this one has none of that name. */
  foreign(said: string): Holding | undefined;
}

/**
 * What a project sees: its own resources by its own names, and those that belong to nobody by theirs. What others hold it sees under a
 * name that nobody can say, such as `db of github.com/acme/shop`; with `reads` by its name on record, where it has none of that name.
 * Outside of a repository all names are those on record.
 */
export function throughLens(view: View, asker: Asker | undefined, { reads = false } = {}): Lens {
  const logs = view.registry === view.host ? [view.registry] : [view.registry, view.host];
  const all = () => logs.flatMap((log) => [...log]);
  const isOwn = (it: { project?: string | undefined }) =>
    it.project !== undefined &&
    ((asker?.id !== undefined && isSameProject(it.project, asker.id)) || it.project === asker?.former);
  const isForeign = (it: { project?: string | undefined }) => it.project !== undefined && !isOwn(it);
  const havePeople = view.registry.haveProjects || view.host.haveProjects;
  const own = havePeople ? all().filter(isOwn) : [];
  const literals = new Map(own.map((it) => [it.local ?? it.resource, it.resource]));
  const known = new Map(own.map((it) => [it.resource, it.local ?? it.resource]));
  const foreigners = new Map<string, Holding>();
  if (havePeople) for (const it of all()) if (isForeign(it)) foreigners.set(it.resource, it);
  const unowned = new Set(
    havePeople && foreigners.size > 0
      ? all().flatMap((it) => (it.project === undefined ? [it.resource] : []))
      : [],
  );
  const isSaid = (name: string) => literals.has(name) || unowned.has(name);
  const labels = new Map<string, Holding>();
  const seenAs = (it: Holding): string => {
    if (isOwn(it)) return it.local ?? it.resource;
    const isShadowed = literals.has(it.resource) && literals.get(it.resource) !== it.resource;
    if (it.project === undefined && !isShadowed) return it.resource;
    if (it.project !== undefined && (asker === undefined || (reads && !isSaid(it.resource))))
      return it.resource;
    const label = `${it.resource} of ${it.project === undefined ? 'no project' : nameOfProject(it.project)}`;
    labels.set(label, it);
    return label;
  };
  const renamed = (holdings: Holdings) => new Holdings([...holdings].map((it) => seen(it)));
  const seen = (it: Holding): Holding => {
    const resource = seenAs(it);
    // What its own project calls it is what its processes say.
    return resource === it.resource ? it : { ...it, resource, local: it.local ?? it.resource };
  };
  const registry = havePeople && asker ? renamed(view.registry) : view.registry;
  const host = logs.length === 1 ? registry : havePeople && asker ? renamed(view.host) : view.host;

  const given = new Map<string, string>();
  const literal = (said: string): string => {
    const on =
      labels.get(said)?.resource ??
      literals.get(said) ??
      given.get(said) ??
      (known.has(said) ? said : undefined);
    if (on !== undefined || !asker || reads) return on ?? said;
    const isTaken = (name: string) => [...foreigners.keys()].some((it) => baseOf(it) === baseOf(name));
    let name = said;
    if (isTaken(said))
      for (const it of ownNames(asker.id, said, asker.folder)) {
        name = it;
        if (!isTaken(it) && !known.has(it)) break;
      }
    given.set(said, name);
    return name;
  };
  const claims = <C extends { resource: string; project?: string | undefined; local?: string | undefined }>(
    found: ReadonlyMap<string, C>,
  ) =>
    new Map(
      [...found].map(([key, it]) => [key, isOwn(it) ? { ...it, resource: it.local ?? it.resource } : it]),
    );
  return {
    view: {
      ...view,
      registry,
      host,
      ...(view.claimed && { claimed: claims(view.claimed) as typeof view.claimed }),
      ...(view.waiting && { waiting: claims(view.waiting) as typeof view.waiting }),
    },
    literal,
    typed: (name) => (literals.has(name) ? name : (known.get(name) ?? name)),
    said: ({ resource, ...event }) => {
      const { project, local } = event as { project?: string; local?: string };
      return isOwn({ project }) ? (local ?? resource) : (known.get(resource) ?? resource);
    },
    foreign: (said) =>
      isSaid(said) || (asker && said !== literal(said) && literals.has(said))
        ? undefined
        : foreigners.get(said),
    placed: (events) => {
      if (!asker && !havePeople) return events;
      return events.map(({ log, event }) => ({ log, event: onRecord(event, log) }));
    },
  };

  /** The name on record of the very holding that an event speaks of, or moves: a merge can have left a project two of one local name. */
  function heldAs(event: NewEvent, log: Placed['log']): string | undefined {
    const port = ('from' in event ? event.from : undefined) ?? event.port;
    const holding = view[log].at({ protocol: event.protocol, port });
    return holding && seenAs(holding) === event.resource ? holding.resource : undefined;
  }

  function onRecord(event: NewEvent, log: Placed['log']): NewEvent {
    const isGrant = event.type === 'port.allocated' || event.type === 'port.registered';
    if (isGrant && event.project !== undefined) {
      const on = labels.get(event.resource)?.resource ?? heldAs(event, log);
      const { local, ...rest } = { ...event, resource: on ?? event.resource };
      return local === undefined || local === rest.resource ? rest : { ...rest, local };
    }
    if (!isGrant) return { ...event, resource: heldAs(event, log) ?? literal(event.resource) };
    const resource = literal(event.resource);
    const label = labels.get(event.resource);
    if (label) {
      const { project, local } = label;
      return { ...event, resource, ...(project && { project }), ...(local && { local }) };
    }
    const project = asker?.recorded(log);
    if (project === undefined) return { ...event, resource };
    return { ...event, resource, project, ...(resource !== event.resource && { local: event.resource }) };
  }
}
