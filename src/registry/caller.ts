import { resolve } from 'node:path';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { isGlob } from './decide/matching-resources.js';
import { meansPort, requireResource } from './input.js';
import { namedFolder } from './locate/folders.js';
import { refusePort } from './query/port-for-resource.js';
import type { Logs } from './state/logs.js';
import { lensNow, viewOf } from './state/views.js';
import type { Documented } from './update-documents/documents-in-commit.js';
import type { Common } from './write/outcome.js';

/** What every verb needs: the logs, and the folder it was called in. */
export interface Caller {
  logs: Logs;
  cwd: string;
}

type Verb = Parameters<typeof refusePort>[2];

/** The project's own name for a resource. Throws BAD_NAME; for a port the hint names the right command. */
export async function resolveName({ logs }: Caller, name: string, verb?: Verb): Promise<string> {
  if (meansPort(name)) refusePort(await viewOf(logs), name, verb);
  requireResource(name);
  return logs.project() ? (await lensNow(logs)).typed(name) : name;
}

/** As resolveName; globs are left as they are. Throws BAD_NAME. */
export async function resolveNames(caller: Caller, patterns: string[], verb?: Verb): Promise<string[]> {
  for (const it of patterns) if (isGlob(it)) requireResource(it.replace(/[*?]+/g, 'x'));
  return Promise.all(patterns.map((it) => (isGlob(it) ? it : resolveName(caller, it, verb))));
}

/** The folder whose documents follow a command about this resource. Throws BAD_SERVICE_JSON. */
export function folderOf(
  { cwd }: Pick<Caller, 'cwd'>,
  resource: string,
  dir: string | undefined,
): ResourceFolder | undefined {
  if (dir !== undefined) return namedFolder(resolve(cwd, dir), resource);
  const here = openResourceFolder(cwd);
  return here.service?.resource === resource ? here : undefined;
}

export function documentsOf(
  resource: string,
  folder: ResourceFolder | undefined,
  { docs, dryRun }: Common,
): { documents?: () => Documented[] } {
  return folder && docs !== false && !dryRun ? { documents: () => [{ resource, folder }] } : {};
}
