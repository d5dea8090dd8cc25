import type { FolderLease } from '../../../events/lease.js';
import { baseOf, environmentName, MAIN } from '../../../events/names.js';
import type { Held } from '../../../events/stream.js';
import { variableFor } from '../../documents/plan-documents.js';
import { badUsage, VportsError } from '../../errors.js';
import { unknownResource } from '../decide/decision.js';
import { holdingNamed, holdingsOf, refuseDamaged, type View } from '../decide/view.js';
import { show } from '../query/queries.js';
import type { Common, Grants } from '../write/outcome.js';
import { isOfFolder } from './instance-here.js';
import { namesOf, type Target } from './targets.js';

/** A port as a program gets it. */
export interface PortHere extends Held {
  /** One variable; two for an instance that was named explicitly. */
  variables: string[];
  /** Overrides the environment; true for instances, whose environment may come from the main work tree. */
  outright: boolean;
  https: boolean;
}

/** The part of a registry needed to lease a port to a folder. */
export interface Leasing {
  allocate(
    resource: string,
    options: Common & { ports: string[]; dynamic: true; leaseFolder: FolderLease },
  ): Promise<Grants>;
}

/**
 * The ports of a target. What an instance has not yet is leased to its folder, where `leasing` is given.
 * Throws UNKNOWN_RESOURCE, NOT_HELD.
 */
export async function portsOf(
  target: Target,
  view: View,
  leasing: Leasing | undefined,
  lookAgain: () => Promise<View>,
): Promise<PortHere[]> {
  const { resource, lease, only, except } = target;
  if (!lease || !leasing) return held(target, view);
  const names = namesOf(target, view);
  if (names.length === 0) throw only === undefined ? holdsNothing(view, target) : holdsNone(target, only);
  const isLeased = names.every(({ name }) => {
    const holding = holdingNamed(view, resource, name);
    return holding && (!holding.lease || isOfFolder(holding.lease, lease));
  });
  if (!isLeased) {
    const ports = names.map(({ name, protocol }) => `${name}/${protocol}`);
    await leasing.allocate(resource, { ports, dynamic: true, leaseFolder: lease, docs: false });
  }
  return held({ ...target, only, except }, isLeased ? view : await lookAgain());
}

function held(target: Target, view: View): PortHere[] {
  const { resource, only, except } = target;
  if (holdingsOf(view, resource).length === 0 && target.own) throw holdsNothing(view, target);
  const all = [...show(view, resource)].filter(([name]) => !except.has(name));
  const ports = all.filter(([name]) => only === undefined || name === only);
  if (ports.length === 0 && only !== undefined)
    throw holdsNone(
      target,
      only,
      all.map(([name]) => name),
    );
  return ports.map(([name, { port, protocol }]) => ({ port, protocol, ...portNamed(target, name) }));
}

export function portNamed(
  { resource, base, folder, byHand, lease }: Target,
  name: string,
): Omit<PortHere, 'port' | 'protocol'> {
  const own = folder?.service?.resource === base ? folder : undefined;
  const variables = [variableFor(own, base, name), ...(byHand ? [environmentName(resource, name)] : [])];
  const https = own?.service?.ports.find((it) => it.name === name)?.https === true;
  return { resource, name, variables: [...new Set(variables)], outright: lease !== undefined, https };
}

/** Throws BAD_USAGE if two ports share a variable, as those of `web` and `web@login` do. */
export function refuseClash(ports: PortHere[]): void {
  const seen = new Map<string, PortHere>();
  for (const it of ports) {
    for (const variable of it.variables) {
      const other = seen.get(variable);
      if (other && (other.resource !== it.resource || other.name !== it.name)) {
        const [one, two] = [other, it].map(({ resource, name }) =>
          name === MAIN ? resource : `${resource}/${name}`,
        );
        const isInstance = baseOf(other.resource) === baseOf(it.resource);
        throw badUsage(
          `${one} and ${two} would share the variable ${variable}`,
          isInstance ? 'use only one instance of a resource at a time' : 'use them one at a time',
          { details: { variable } },
        );
      }
      seen.set(variable, it);
    }
  }
}

export function urlOf({ port, https }: Pick<PortHere, 'port' | 'https'>): string {
  return `${https ? 'https' : 'http'}://localhost:${port}`;
}

function holdsNothing(view: View, { base, resource, own }: Target): VportsError {
  refuseDamaged(view, resource, { mends: [] });
  const way = `lease one with \`vports run COMMAND\`, or allocate one with \`vports allocate ${base}\``;
  return unknownResource(view, base, own ? way : undefined);
}

function holdsNone({ resource }: Target, name: string, names: string[] = []): VportsError {
  return new VportsError('NOT_HELD', `${resource} holds no port named ${name}`, {
    hint:
      names.length > 0
        ? `it holds ${names.join(', ')}`
        : `\`vports allocate ${resource} --port ${name}\` allocates it`,
    details: { resource, name, names },
  });
}
