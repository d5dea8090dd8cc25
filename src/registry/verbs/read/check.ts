import type { PortRef } from '../../../../events/port.js';
import { requireResource } from '../../input.js';
import { type Check, check } from '../../query/check.js';
import { show } from '../../query/queries.js';
import type { Logs } from '../../state/logs.js';
import { onThisHost } from '../../state/port-on-host.js';
import { type At, nameOnRecord, viewOf, viewWithClaims } from '../../state/views.js';

export async function checkPorts(
  logs: Logs,
  refs: PortRef[],
  options: At & { for?: string | undefined; host?: boolean | undefined },
): Promise<Check[]> {
  if (options.for !== undefined) requireResource(options.for);
  const view = await viewWithClaims(logs, options);
  const asker = options.for === undefined ? undefined : nameOnRecord(logs, view, options.for);
  const looks = options.host !== false && options.at === undefined;
  const checks: Check[] = [];
  for (const ref of refs) checks.push(check(view, ref, looks ? await onThisHost(view, ref) : null, asker));
  return checks;
}

export async function checkResource(
  logs: Logs,
  resource: string,
  options: At & { for?: string | undefined },
): Promise<Map<string, Check>> {
  requireResource(resource);
  if (options.for !== undefined) requireResource(options.for);
  const view = await viewOf(logs, options);
  const checks = new Map<string, Check>();
  const asker = nameOnRecord(logs, view, options.for ?? resource);
  for (const [name, { port, protocol }] of show(view, nameOnRecord(logs, view, resource))) {
    const ref = { port, protocol };
    const here = options.at === undefined ? await onThisHost(view, ref) : null;
    checks.set(name, check(view, ref, here, asker));
  }
  return checks;
}
