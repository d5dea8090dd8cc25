import { type Forge, openForge, type Server, serverOf } from '../../forge/index.js';
import { openRepository } from '../../log/git/index.js';
import { askCredentials } from '../../log/remote/index.js';
import type { Logs } from '../state/logs.js';

/** The server of a registry's remote, if it is of a kind that is known, by its name or the policy. */
export async function serverBehind(logs: Logs): Promise<Server | undefined> {
  const remote = logs.remote();
  if (!remote) return undefined;
  const { policy } = await (await logs.registry()).reader.state();
  return serverOf(remote.url, policy.host);
}

/** Undefined without a token. */
export function forgeAt(logs: Logs, server: Server): Promise<Forge | undefined> {
  const repository = openRepository(logs.place.path);
  return openForge(server, (where) => askCredentials(repository, where));
}
