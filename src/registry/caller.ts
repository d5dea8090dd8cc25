import { resolve } from 'node:path';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { isGlob } from './decide/matching-resources.js';
import type { Documented } from './documents/documents-in-commit.js';
import { meansPort, requireResource } from './input.js';
import { namedFolder } from './locate/folders.js';
import { lensOn } from './project/own-view.js';
import { refusePort } from './query/port-for-resource.js';
import { loadView } from './state/load-view.js';
import type { Logs } from './state/logs.js';
import type { Common } from './write/outcome.js';

/** The logs that a verb works on, and the folder in which it was called. */
export interface Caller {
  logs: Logs;
  cwd: string;
}

type Verb = Parameters<typeof refusePort>[2];

/** The resource that a name means here, as the project calls it. Throws BAD_NAME; of a port it says what to type instead. */
export async function resolveName({ logs }: Caller, name: string, verb?: Verb): Promise<string> {
  if (meansPort(name)) refusePort(await loadView(logs, new Set()), name, verb);
  requireResource(name);
  return logs.project() ? lensOn(logs, await loadView(logs, new Set())).typed(name) : name;
}

/** The names that are meant by names; a glob stands for itself. Throws BAD_NAME. */
export async function resolveNames(caller: Caller, patterns: string[], verb?: Verb): Promise<string[]> {
  for (const it of patterns) if (isGlob(it)) requireResource(it.replace(/[*?]+/g, 'x'));
  return Promise.all(patterns.map((it) => (isGlob(it) ? it : resolveName(caller, it, verb))));
}

/** The folder whose documents a command about this resource keeps in step. Throws BAD_SERVICE_JSON. */
export function folderOf(
  { cwd }: Pick<Caller, 'cwd'>,
  resource: string,
  dir: string | undefined,
): ResourceFolder | undefined {
  if (dir !== undefined) return namedFolder(resolve(cwd, dir), resource);
  const here = openResourceFolder(cwd);
  return here.service?.resource === resource ? here : undefined;
}

/** The documents that go into the commit of a write. */
export function documentsOf(
  resource: string,
  folder: ResourceFolder | undefined,
  { docs, dryRun }: Common,
): { documents?: () => Documented[] } {
  return folder && docs !== false && !dryRun ? { documents: () => [{ resource, folder }] } : {};
}
