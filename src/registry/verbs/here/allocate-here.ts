import { asMeantHere, type HereOptions, namesOf, portNamed, type Surroundings } from '../../here/index.js';
import type { PortsForARun } from '../../run/index.js';
import type { Common, Grants } from '../../write/outcome.js';

export interface AllocateHere extends HereOptions {
  of?: string | undefined;
  /** Like `--port`; default: the ports it holds, those of service.json, or `main`. */
  ports?: string[] | undefined;
  range?: string | undefined;
  owner?: string | undefined;
  reason?: string | undefined;
}

type Allocating = PortsForARun & {
  allocate(
    resource: string,
    options: Common & { ports?: string[]; range?: string | undefined; owner?: string | undefined },
  ): Promise<Grants>;
};

/** Instances get leases tied to their folder, other resources permanent claims. */
export async function allocateHere(
  place: Surroundings & { registry: Allocating },
  { of, ports, range, owner, reason, ...options }: AllocateHere,
): Promise<Grants> {
  const texts = of === undefined ? [] : [of];
  return asMeantHere(place, texts, options, async ({ view, targets }) => {
    const [target] = targets;
    const { resource, lease } = target!;
    if (lease === undefined)
      return place.registry.allocate(resource, { ...(ports && { ports }), range, owner, reason });
    const known = namesOf(target!, view).map(({ name, protocol }) => `${name}/${protocol}`);
    const wanted = ports ?? (known.length > 0 ? known : ['main']);
    const terms = { dynamic: true, leaseFolder: lease, docs: false } as const;
    const grants = await place.registry.allocate(resource, { ports: wanted, reason, ...terms });
    // In its own work tree an instance uses the variables of its resource.
    const renamed = [...grants.ports].map(
      ([name, it]) => [name, { ...it, env: portNamed(target!, name).variables[0]! }] as const,
    );
    return { ...grants, ports: new Map(renamed) };
  });
}
