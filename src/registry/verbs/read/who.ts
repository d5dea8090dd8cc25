import { type PortRef, portKey } from '../../../../events/port.js';
import type { Warning } from '../../../errors.js';
import type { Listener } from '../../../host/listener.js';
import type { OpenClaim } from '../../../log/event-log.js';
import { isReserved } from '../../../policy/policy.js';
import { heldElsewhere, holderAt } from '../../decide/view.js';
import { requirePort } from '../../input.js';
import { notTheHolder } from '../../query/check.js';
import { damages, type ListedPort, listed } from '../../query/queries.js';
import { pullRequestIn, type Tenancy, tenanciesOf } from '../../query/tenancy.js';
import type { EventWithOrigin } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { onThisHost } from '../../state/port-on-host.js';
import { type At, viewWithClaims } from '../../state/views.js';
import { log } from './log.js';

export interface Who extends PortRef {
  /** Whether the policy reserves it: `register --allow-outside-policy` may still take it. */
  reserved: boolean;
  holder: ListedPort | null;
  /** Who holds the same number for the other protocol. */
  other: ListedPort | null;
  claim: OpenClaim | null;
  holders: Tenancy[];
  history: EventWithOrigin[];
  listeners: Listener[];
  warnings: Warning[];
}

export async function who(logs: Logs, port: string, options: At): Promise<Who> {
  const ref = requirePort(port);
  const view = await viewWithClaims(logs, options);
  const holder = holderAt(view, ref);
  const other = holderAt(view, { ...ref, protocol: ref.protocol === 'tcp' ? 'udp' : 'tcp' });
  const history = (await log(logs, { ports: [ref], at: options.at })).reverse();
  const here = options.at === undefined ? await onThisHost(view, ref) : undefined;
  const stranger = holder && here?.stranger;
  return {
    ...ref,
    reserved: isReserved(view.policy, ref.port),
    holder: holder ? listed(view, holder) : null,
    other: other ? listed(view, other) : null,
    claim: view.claimed?.get(portKey(ref)) ?? null,
    holders: await withPullRequests(logs, tenanciesOf(history)),
    history,
    listeners: here?.listeners ?? [],
    warnings: [
      ...damages(view, ref),
      ...heldElsewhere(view, ref),
      ...(stranger ? [notTheHolder(view, ref, holder.resource, stranger)] : []),
      ...(here?.hazards ?? []),
    ],
  };
}

async function withPullRequests(logs: Logs, holders: Tenancy[]): Promise<Tenancy[]> {
  const described: Tenancy[] = [];
  for (const holder of holders) {
    const commit = holder.merge ?? holder.commit;
    const { message } =
      commit === null ? { message: '' } : await (await logs.named(holder.log)).reader.commit(commit);
    described.push({ ...holder, pullRequest: pullRequestIn(message) ?? null });
  }
  return described;
}
