/** The pages of a host where changes are reviewed: opens requests for branches, and asks what became of them. */
import type { HostKind } from '../policy/policy.js';
import type { Forge } from './forge.js';
import { gitea } from './gitea.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import type { Server } from './server.js';
import { type AskGit, tokenFor } from './token.js';

export { requestByPush, requestIn } from './by-push.js';
export type { FollowedRequest, Forge, Proposal, Request } from './forge.js';
export { likelyHost, type Server, serverOf } from './server.js';

const APIS: Partial<Record<HostKind, (server: Server, token: { text: string; from: string }) => Forge>> = {
  github,
  gitlab,
  gitea,
};

/** Undefined where nobody has a token for this server, or its kind has no API that vports speaks. */
export async function openForge(server: Server, askGit: AskGit): Promise<Forge | undefined> {
  const open = APIS[server.kind];
  const token = open && (await tokenFor(server, askGit));
  return token && open(server, token);
}
