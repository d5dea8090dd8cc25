import { requestByPush, type Server } from '../../forge/index.js';
import type { PushAlong } from '../../log/event-log.js';
import { branchName, openRepository, readRef } from '../../log/git/index.js';
import { asReported } from '../../system-error.js';
import type { Logs } from '../state/logs.js';
import { forgeAt, serverBehind } from './forge-of.js';
import { proposalFor } from './proposal.js';

/** Kinds of hosts that open requests for a push. */
const BY_PUSH: ReadonlySet<Server['kind']> = new Set(['gitlab', 'gitea', 'gerrit']);

/**
 * What goes along with the push of a branch, so that its host opens a request, where nobody has a token for its API. Undefined where it cannot be
 * said: the push matters more.
 */
export async function alongWithPush(logs: Logs, ref: string): Promise<PushAlong | undefined> {
  try {
    const server = await serverBehind(logs);
    if (!server || !BY_PUSH.has(server.kind) || (await forgeAt(logs, server))) return undefined;
    const shared = readRef(openRepository(logs.place.path), logs.remote()!.shared);
    const { proposal, isEmpty } = await proposalFor(logs, branchName(ref));
    return shared === undefined || isEmpty ? undefined : requestByPush(server.kind, proposal, { shared });
  } catch (error) {
    if (!asReported(error)) throw error;
    return undefined;
  }
}
