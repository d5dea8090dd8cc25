import { formatPort, type PortKey, portKey } from '../../../events/port.js';
import { heldOf } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { logOf, type Placed } from '../decide/decision.js';
import { holdingsOf, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import { type Asker, type Lens, throughLens } from './lens.js';
import { keepId, nameOfProject, type ProjectHere } from './project-here.js';
import { isFormerId, isLocalId, isSameProject } from './project-id.js';

const PROJECT_LINE = '"project"';

/** The view of the current project; with `reads` including names of others. */
export function lensOn(logs: Logs, view: View, options: { reads?: boolean } = {}): Lens {
  return throughLens(view, askerOf(logs), options);
}

function askerOf(logs: Logs): Asker | undefined {
  const here = logs.project();
  return (
    here && {
      id: here.id,
      folder: here.folder,
      former: formerOf(here),
      recorded: (log) => recordedIn(logs, here, log),
    }
  );
}

function formerOf({ id, kept }: ProjectHere): string | undefined {
  return id !== undefined && kept !== undefined && isFormerId(kept, id) ? kept : undefined;
}

/** Local ids mean nothing to others. */
function recordedIn(logs: Logs, here: ProjectHere, log: Placed['log']): string | undefined {
  const isForOthers = logs.nameOf(log) === 'registry' && logs.shared;
  if (here.id !== undefined) return isForOthers && isLocalId(here.id) ? undefined : keepId(here);
  return isForOthers ? undefined : keepId(here);
}

/** Whether a holding belongs to the current project, or to none if there is none. */
export function isOwnHere(logs: Logs, { project }: { project?: string | undefined }): boolean {
  const here = logs.project();
  if (here === undefined) return project === undefined;
  const own = [here.id, formerOf(here)];
  return project !== undefined && own.some((it) => it !== undefined && isSameProject(it, project));
}

/** Throws CONFLICT if a name belongs to another project and not to this one. */
export function refuseForeign(
  logs: Logs,
  lens: Lens,
  { resources = [], grants = false }: { resources?: string[] | undefined; grants?: boolean | undefined },
): void {
  const here = logs.project();
  const resource = resources.find((it) => lens.foreign(it));
  const holder = resource && lens.foreign(resource);
  if (!holder || (grants && here)) return;
  throw new VportsError(
    'CONFLICT',
    `${resource} (${formatPort(holder)}) belongs to the project ${nameOfProject(holder.project!)}, and ${here ? `this is ${here.id ?? 'a repository without a remote'} (${here.from})` : 'this is not a repository'}`,
    {
      hint: here
        ? `to act for that project, pass \`--project ${shellWord(holder.project!)}\`, or put ${PROJECT_LINE} into .vports.json`
        : `to act for that project, pass \`--project ${shellWord(holder.project!)}\`, or run this in its folder`,
      details: { resource, project: holder.project, port: holder.port, own: here?.id ?? null },
    },
  );
}

/** Adds events that move holdings from the repository's earlier id to its current one. */
export function withTakenOver(logs: Logs, view: View, events: Placed[]): Placed[] {
  const here = logs.project();
  const former = here && formerOf(here);
  if (former === undefined || events.length === 0) return events;
  const held = new Map(
    [...new Set([...view.registry, ...view.host])]
      .filter((it) => it.project === former)
      .map((it) => [portKey(it), it]),
  );
  const isOver = new Set<PortKey>();
  const described = events.map(({ log, event }): Placed => {
    const own = held.get(portKey(event));
    if (event.type === 'port.released') isOver.add(portKey(event));
    if (!own || event.type !== 'port.described' || event.project !== undefined) return { log, event };
    const project = recordedIn(logs, here!, log);
    if (project === undefined) return { log, event };
    isOver.add(portKey(event));
    return { log, event: { ...event, project, ...(own.local !== undefined && { local: own.local }) } };
  });
  const rest = [...held.values()].flatMap((it): Placed[] => {
    const log = logOf(it);
    const project = recordedIn(logs, here!, log);
    if (project === undefined || isOver.has(portKey(it)) || !events.some((other) => other.log === log))
      return [];
    const local = it.local === undefined ? {} : { local: it.local };
    return [{ log, event: { type: 'port.described', ...heldOf(it), project, ...local } }];
  });
  return [...described, ...rest];
}

/** Warns that a resource belongs to another project. */
export function ofOtherProjects(logs: Logs, view: View, resources: { resource: string }[]): Warning[] {
  if (logs.project() === undefined) return [];
  return resources.flatMap(({ resource }) => {
    const other = holdingsOf(view, resource).find((it) => it.project !== undefined && !isOwnHere(logs, it));
    if (!other) return [];
    return [
      {
        code: 'OTHER_PROJECT',
        message: `${resource} belongs to the project ${nameOfProject(other.project!)}`,
        hint: `\`vports allocate ${other.local ?? resource}\` allocates one for this project`,
      },
    ];
  });
}
