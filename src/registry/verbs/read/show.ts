import { variableFor } from '../../../documents/plan-documents.js';
import { type Caller, folderOf } from '../../caller.js';
import { requireResource } from '../../input.js';
import { refusePort } from '../../query/port-for-resource.js';
import { type ListedPort, listed, show as portsOf } from '../../query/queries.js';
import { originsOfGrants } from '../../state/history.js';
import { type At, nameOnRecord, viewOf } from '../../state/views.js';

export type ShownPort = ListedPort & { env: string; commit: string | null };

export async function show(
  caller: Caller,
  resource: string,
  { commits = true, ...at }: At & { commits?: boolean | undefined },
): Promise<Map<string, ShownPort>> {
  const { logs } = caller;
  const view = await viewOf(logs, at);
  refusePort(view, resource);
  requireResource(resource);
  const ports = portsOf(view, nameOnRecord(logs, view, resource));
  const folder = folderOf(caller, resource, undefined);
  const origins = commits ? await originsOfGrants(logs, [...ports.values()]) : new Map();
  return new Map(
    [...ports].map(([name, holding]) => {
      const env = variableFor(folder, resource, name);
      return [name, { ...listed(view, holding), env, commit: origins.get(holding.event)?.commit ?? null }];
    }),
  );
}
