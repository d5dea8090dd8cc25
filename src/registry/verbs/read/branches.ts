import { branchName, openRepository } from '../../../log/git/index.js';
import { branchHeads, QUEUE } from '../../../log/remote/index.js';
import type { Logs } from '../../state/logs.js';

/** Names of the branches that a revision may be: where the registry is shared, as last fetched. */
export async function branches(logs: Logs): Promise<string[]> {
  await logs.registry();
  const heads = branchHeads(openRepository(logs.place.path));
  return [...heads.keys()].filter((ref) => ref !== QUEUE).map(branchName);
}
