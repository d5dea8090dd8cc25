import { type Caller, documentsOf, folderOf, resolveName } from '../caller.js';
import { register as decide } from '../decide/register.js';
import { checkedOwner, checkedReason, refuseRepeated, requirePort, requirePortName } from '../input.js';
import { type Common, type Grants, grantsOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface RegisterOptions extends Common {
  allowOutsidePolicy?: boolean | undefined;
  owner?: string | undefined;
}

export async function register(
  caller: Caller,
  name: string,
  ports: string[],
  options: RegisterOptions,
): Promise<Grants> {
  const resource = await resolveName(caller, name);
  const named = ports.map((text) => {
    const [name, number] = text.includes('=') ? text.split(/=(.*)/s) : ['main', text];
    return { name: requirePortName(name!), ...requirePort(number!) };
  });
  refuseRepeated(named);
  const command = {
    resource,
    ports: named,
    allowOutsidePolicy: options.allowOutsidePolicy,
    owner: checkedOwner(options.owner),
    reason: checkedReason(options.reason),
  };
  const folder = folderOf(caller, resource, options.dir);
  const written = await write(caller.logs, {
    decide: (view) => decide(view, command),
    exact: true,
    grants: true,
    resources: [resource],
    dryRun: options.dryRun,
    ...documentsOf(resource, folder, options),
  });
  return grantsOf(resource, folder, written, options);
}
