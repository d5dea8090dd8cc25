import type { FolderLease } from '../../../events/lease.js';
import { baseOf, isPortName } from '../../../events/names.js';
import type { Protocol } from '../../../events/port.js';
import type { ResourceFolder } from '../../documents/resource-folder.js';
import { holdingsOf, isLapsed, type View } from '../decide/view.js';
import { requirePortName, requireResource } from '../input.js';
import type { Here } from './here.js';
import { isOfFolder } from './instance-here.js';

export interface Target {
  resource: string;
  base: string;
  own: boolean;
  /** Whether the instance was named explicitly; its variables then include its name. */
  byHand: boolean;
  folder: ResourceFolder | undefined;
  /** The folder that the ports of an instance are leased to. */
  lease: FolderLease | undefined;
  only: string | undefined;
  /** Shared ports, which are left out. */
  except: ReadonlySet<string>;
}

/**
 * What `texts` (each RESOURCE or RESOURCE/NAME) mean here: nothing given is the folder's own resource and what it shares. In an
 * instance the folder's resource is that, and so is every other that is leased to the same work tree. Throws BAD_NAME.
 */
export function targetsOf(
  texts: string[],
  here: Here | undefined,
  { view, folderOf }: { view: Pick<View, 'host'>; folderOf: (base: string) => ResourceFolder | undefined },
): Target[] {
  const asked = (texts.length > 0 ? texts : [here!.resource]).map(parsed);
  const shares = (here?.shares ?? []).map(parsed);
  const target = ({ resource, name }: Meant, instance: string | undefined): Target => {
    const base = baseOf(resource);
    const shared = instance === undefined ? [] : shares.filter((it) => it.resource === resource);
    return {
      resource: instance === undefined ? resource : `${resource}@${instance}`,
      base,
      own: resource === here?.resource,
      byHand: resource.includes('@'),
      folder: here?.resource === base ? here.folder : folderOf(base),
      lease: instance === undefined ? undefined : here?.lease,
      only: name,
      except: new Set(shared.flatMap((it) => it.name ?? [])),
    };
  };
  const isShared = (it: Meant) =>
    shares.some(({ resource, name }) => resource === it.resource && (name === undefined || name === it.name));
  const targets = asked.map((it) =>
    target(it, isShared(it) || !here ? undefined : instanceOf(it.resource, here, view)),
  );
  if (!asked.some(({ resource }) => resource === here?.resource)) return targets;
  const added = shares.filter(
    ({ resource, name }) =>
      !targets.some((it) => it.resource === resource && (it.only === undefined || it.only === name)),
  );
  return [...targets, ...added.map((it) => target(it, undefined))];
}

interface Meant {
  resource: string;
  name: string | undefined;
}

function instanceOf(resource: string, here: Here, { host }: Pick<View, 'host'>): string | undefined {
  if (here.instance === undefined || resource.includes('@')) return undefined;
  const isOfHere =
    resource === here.resource ||
    host.of(`${resource}@${here.instance}`).some(({ lease }) => isOfFolder(lease, here.lease));
  return isOfHere ? here.instance : undefined;
}

function parsed(text: string): Meant {
  const [resource = '', name] = text.split(/\/(.*)/s);
  return {
    resource: requireResource(resource),
    name: name === undefined ? undefined : requirePortName(name),
  };
}

/**
 * The ports that a target has or should have: those it holds, those that its resource has without instance, and those that its
 * service.json names. Empty where nothing says.
 */
export function namesOf(
  { resource, base, folder, only, except }: Target,
  view: View,
): { name: string; protocol: Protocol }[] {
  const names = new Map<string, Protocol>();
  const held = [...new Set([resource, base])]
    .flatMap((it) => holdingsOf(view, it))
    .filter((it) => !isLapsed(view, it));
  const declared = folder?.service?.resource === base ? folder.service.ports : [];
  for (const { name, protocol } of [...held, ...declared]) {
    const isMeant = (only === undefined || only === name) && !except.has(name) && isPortName(name);
    if (isMeant && !names.has(name)) names.set(name, protocol);
  }
  return [...names].map(([name, protocol]) => ({ name, protocol }));
}
