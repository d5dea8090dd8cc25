import type { FolderLease, LeaseOwner } from '../../../events/lease.js';
import type { Holding } from '../../../events/stream.js';
import { badUsage } from '../../errors.js';
import { isOwn } from '../../process/identity.js';
import { seenHere } from '../../process/mount.js';
import { type Caller, documentsOf, folderOf, resolveName } from '../caller.js';
import { type AllocateLease, allocate as decide, namesHeld } from '../decide/allocate.js';
import type { View } from '../decide/view.js';
import { checkedOwner, checkedReason } from '../input.js';
import { livenessOfOwner } from '../state/dead-leases.js';
import { whoseLease } from '../state/folder-leases.js';
import { exposedHere, strangersOn } from '../state/port-on-host.js';
import { lensNow } from '../state/views.js';
import { type Common, type Grants, grantsOf } from '../write/outcome.js';
import { requestedPorts } from '../write/requested-ports.js';
import { write } from '../write/write.js';

export interface AllocateOptions extends Common {
  ports?: string[] | undefined;
  range?: string | undefined;
  dynamic?: boolean | undefined;
  ttl?: number | undefined;
  leaseOwner?: LeaseOwner | undefined;
  leaseFolder?: FolderLease | undefined;
  block?: number | undefined;
  strict?: boolean | undefined;
  owner?: string | undefined;
}

export async function allocate(
  caller: Caller,
  named: string | undefined,
  options: AllocateOptions,
): Promise<Grants> {
  const { logs } = caller;
  const resource = await resolveName(caller, named ?? (await nameHere(caller)));
  const folder = folderOf(caller, resource, options.dir);
  const wants = requestedPorts(options.ports ?? [], folder, options.block);
  const dynamic = options.dynamic || options.ttl !== undefined || folder?.service?.dynamic === true;
  if (dynamic && logs.branch !== undefined) {
    throw badUsage('leases are local to this machine and have no branches', 'drop --branch or --dynamic');
  }
  const { range, strict } = options;
  const command = {
    resource,
    wants,
    range,
    lease: dynamic ? await leaseWanted(options) : undefined,
    block: options.block !== undefined,
    strict,
    strangers: await strangersOn((await lensNow(logs)).view, resource, wants),
    owner: checkedOwner(options.owner),
    reason: checkedReason(options.reason),
  };
  const isUnnamed = !options.ports?.length && !folder?.service?.ports.length && !command.block;
  const wantsIn = (view: View) => (isUnnamed ? namesHeld(view, resource, wants) : wants);
  const written = await write(logs, {
    decide: (view: View) => decide(view, { ...command, wants: wantsIn(view) }),
    local: dynamic,
    exact: wants.some(({ preferred }) => preferred !== undefined),
    grants: true,
    resources: [resource],
    dryRun: options.dryRun,
    ...documentsOf(resource, folder, options),
  });
  return grantsOf(resource, folder, written, options);
}

async function leaseWanted({ ttl, leaseOwner, leaseFolder }: AllocateOptions): Promise<AllocateLease> {
  const seen = leaseFolder && seenHere(leaseFolder.folder);
  const recorded = leaseFolder && { ...leaseFolder, ...(seen && { seen }) };
  const ofFolder = recorded && { folder: recorded, whose: whoseLease(recorded) };
  // A process may hand on its own lease.
  const liveness = (owner: LeaseOwner, holding: Holding) =>
    isOwn(owner) ? 'dead' : livenessOfOwner(holding, owner);
  return { ttl, owner: leaseOwner, liveness, exposed: await exposedHere(), ...ofFolder };
}

async function nameHere({ cwd }: Caller): Promise<string> {
  const { resourceHere } = await import('../here/index.js');
  return resourceHere(cwd, process.env.RESOURCE_NAME || undefined).resource;
}
