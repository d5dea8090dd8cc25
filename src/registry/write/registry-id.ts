import { type Finding, warning } from '../../findings.js';
import { signsEvents } from '../../log/append/index.js';
import { newRegistryId, policyWithId } from '../../log/create/index.js';
import { openRepository } from '../../log/git/index.js';
import type { View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import { changePolicy } from '../verbs/policy.js';

/** For registries created before ids existed, if this user signs commits. */
export async function missingId(logs: Logs, { policy, policyFault }: View): Promise<Finding[]> {
  if (logs.embedded || policy.id !== undefined || policyFault !== undefined) return [];
  if (!signsEvents(policy, openRepository(logs.place.path).commondir)) return [];
  const message = 'policy.json has no registry id, so events cannot be signed';
  return [warning('NO_REGISTRY_ID', message, 'add one, in a commit, with `vports doctor --fix`', true)];
}

export async function giveId(logs: Logs): Promise<void> {
  const id = newRegistryId();
  await changePolicy(logs, (source) => policyWithId(source, id), 'add a registry id', {});
}
