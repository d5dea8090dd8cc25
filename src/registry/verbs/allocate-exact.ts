import { type Caller, documentsOf, folderOf, resolveName } from '../caller.js';
import { allocateExact as decide, requestOf } from '../decide/allocate-exact.js';
import type { View } from '../decide/view.js';
import { checkedReason, requirePort } from '../input.js';
import { strangersOn } from '../state/port-on-host.js';
import { lensNow } from '../state/views.js';
import { type Common, type Grants, grantsOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export async function allocateExact(
  caller: Caller,
  name: string,
  port: string,
  options: Common,
): Promise<Grants> {
  const { logs } = caller;
  const resource = await resolveName(caller, name);
  const ref = requirePort(port);
  const folder = folderOf(caller, resource, options.dir);
  const same = folder?.service?.ports.find((it) => it.port === ref.port && it.protocol === ref.protocol);
  const asked = { resource, ref, known: same?.name, reason: checkedReason(options.reason) };
  const { view } = await lensNow(logs);
  const strangers = await strangersOn(view, resource, [requestOf(view, asked)]);
  const written = await write(logs, {
    decide: (now: View) => decide(now, { ...asked, strangers }),
    exact: true,
    grants: true,
    resources: [resource],
    dryRun: options.dryRun,
    ...documentsOf(resource, folder, options),
  });
  return grantsOf(resource, folder, written, options);
}
