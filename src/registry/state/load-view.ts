import { Holdings } from '../../../events/holdings.js';
import type { PortKey } from '../../../events/port.js';
import { world } from '../../world/index.js';
import type { View } from '../decide/view.js';
import { goneLeases } from './folder-leases.js';
import type { Logs } from './logs.js';

/** `queued`: including commits that are about to be published. */
export async function loadView(
  logs: Logs,
  busy: ReadonlySet<PortKey> = new Set(),
  now = world.now(),
  queued = false,
): Promise<View & { heads: string }> {
  const log = await logs.registry();
  // In CI every clone is new, and `verify` judges the history.
  if (!logs.judgesAnswersOnly && !logs.writing && !process.env.CI) await log.reader.judgeAtFirst();
  const registry = await (queued ? log.queued : log.reader).state();
  const host = logs.embedded ? registry : await logs.hostState();
  // In a named registry only the leases of this machine count, not the claims of the embedded one.
  const leases = logs.embedded ? host.holdings : new Holdings(host.holdings.leases());
  const machine = logs.embedded ? [] : [...host.holdings].filter((it) => !it.lease);
  // Readers do not need these.
  const onlyAnswers = logs.judgesAnswersOnly && !logs.writing;
  const elsewhere = onlyAnswers ? undefined : logs.elsewhere(registry.holdings, machine);
  logs.policyFault = registry.policyFault;
  return {
    heads: `${registry.head} ${host.head}`,
    policy: registry.policy,
    policyFault: registry.policyFault,
    hostFault: logs.hostFault,
    registry: registry.holdings,
    host: leases,
    machine,
    ...(elsewhere && { elsewhere }),
    damaged: logs.embedded ? registry.damaged : new Map([...host.damaged, ...registry.damaged]),
    busy,
    gone: goneLeases(leases.leases()),
    now,
  };
}
