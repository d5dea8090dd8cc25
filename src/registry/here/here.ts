import type { View } from '../decide/view.js';
import { firstClone } from '../project/first-clone.js';
import { type InstanceHere, instanceHere } from './instance-here.js';
import { type ResourceHere, resourceHere } from './resource-here.js';

export interface HereOptions {
  /** `--resource`, else RESOURCE_NAME. */
  resource?: string | undefined;
  /** `--instance`, else VPORTS_INSTANCE. */
  instance?: string | undefined;
  /** `--share RESOURCE[/NAME]`. */
  share?: string[] | undefined;
  /** Whether missing ports of an instance are leased to its folder. Default: true. */
  leases?: boolean | undefined;
}

export interface Here extends ResourceHere, InstanceHere {
  /** Shared resources (RESOURCE or RESOURCE/NAME), from options and service.json. */
  shares: string[];
}

/** Throws BAD_USAGE if the resource is unknown, BAD_NAME, BAD_SERVICE_JSON. */
export function lookHere(
  cwd: string,
  { resource, instance, share = [] }: HereOptions,
  view: Pick<View, 'host' | 'gone'>,
  project?: string | undefined,
): Here {
  const found = resourceHere(cwd, resource || process.env.RESOURCE_NAME || undefined);
  const asked = instance ?? (process.env.VPORTS_INSTANCE || undefined);
  return {
    ...found,
    ...instanceHere(found.root, asked, view, project === undefined ? undefined : firstClone(project)),
    shares: [...share, ...(found.folder.service?.share ?? [])],
  };
}
