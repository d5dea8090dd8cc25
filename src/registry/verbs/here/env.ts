import { refusedVariables } from '../../../documents/plan-documents.js';
import { badUsage, type Warning } from '../../../errors.js';
import {
  asMeantHere,
  type HereOptions,
  type Leasing,
  type PortHere,
  portAsked,
  portsOf,
  refuseClash,
  type Surroundings,
  slugOf,
  type Target,
  variableAsked,
} from '../../here/index.js';
import { ofOtherProjects } from '../../project/own-view.js';
import { waitingWarnings } from '../../state/pending-claims.js';
import { containerPorts } from '../../write/requested-ports.js';

export interface EnvironmentOptions extends HereOptions {
  at?: string | undefined;
  container?: string[] | undefined;
  /** Extra variables: VAR=NAME of the first resource, or VAR=RESOURCE/NAME. */
  env?: string[] | undefined;
}

export interface EnvironmentPort extends PortHere {
  container: number | undefined;
}

export interface Environment {
  ports: EnvironmentPort[];
  slug: string;
  guess: string | undefined;
  warnings: Warning[];
}

/** Leases nothing for the past. Throws like portsOf, refuseClash, containerPorts. */
export async function environmentOf(
  place: Surroundings & { registry: Leasing },
  resources: string[],
  options: EnvironmentOptions,
): Promise<Environment> {
  const { at, container = [], leases = true } = options;
  return asMeantHere(place, resources, options, async ({ view, here, targets, look }) => {
    if (container.length > 0 && targets.length > 1) {
      throw badUsage('--container needs exactly one resource', 'name one resource');
    }
    const ports: EnvironmentPort[] = [];
    for (const target of targets) {
      const found = await portsOf(
        target,
        view,
        at === undefined && leases ? place.registry : undefined,
        look,
      );
      const inside = containerPorts(
        container,
        found.map(({ name }) => name),
      );
      const published = await containerPortsOf(target);
      ports.push(
        ...found.map((it) => ({
          ...it,
          container: inside.get(it.name) ?? published(it.variables[0]!, it.port),
        })),
      );
    }
    const own = ports.filter(({ resource }) => resource === targets[0]!.resource);
    for (const it of (options.env ?? []).map(variableAsked))
      portAsked(it, targets[0]!.base, own, ports).variables.push(it.variable);
    refuseClash(ports);
    return {
      ports,
      slug: slugOf(targets[0]!.resource),
      guess: resources.length === 0 ? here?.guess : undefined,
      warnings: [
        ...ofOtherProjects(place.logs, view, targets),
        ...targets.flatMap(({ folder, base }) => warningsOf(folder, base)),
        ...waitingWarnings(view, ports),
      ],
    };
  });
}

function warningsOf(folder: Target['folder'], base: string): Warning[] {
  if (folder?.service?.resource !== base) return [];
  return refusedVariables(
    folder,
    base,
    folder.service.ports.map(({ name }) => name),
  );
}

async function containerPortsOf({
  folder,
  base,
}: Target): Promise<(variable: string, port: number) => number | undefined> {
  if (folder?.service?.resource !== base) return () => undefined;
  const { containerPortFor, publishedPorts } = await import(
    '../../../documents/formats/compose/published-ports.js'
  );
  const published = publishedPorts(folder.path);
  return (variable, port) => containerPortFor(published, variable, port);
}
