import { VportsError, type Warning } from '../../errors.js';
import type { Forge, Request, Server } from '../../forge/index.js';
import { subjectBy } from '../../log/append/index.js';
import { branchName, branchRef, openRepository } from '../../log/git/index.js';
import { pullRequestUrl } from '../../log/remote/index.js';
import { reviewMarkdown, reviewTitle } from '../../review/summary.js';
import { asReported } from '../../system-error.js';
import { keepRequests, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { review } from '../verbs/read/review.js';
import { forgeAt, serverBehind } from './forge-of.js';
import { outcomeOfRequest } from './wait.js';

export interface Proposed {
  request?: (Request & { isNew: boolean }) | undefined;
  warnings: Warning[];
}

/** What was pushed: a branch, and what its host said to it. */
export interface Pushed {
  branch: string;
  said: readonly string[];
}

/**
 * Opens a request for a pushed branch, or updates the open one. A failure is a warning, as the branch is there in any case; but who wants to wait for
 * the request gets it as an error. Nothing happens on a host of an unknown kind, and for a branch that changes nothing.
 * Throws CONFLICT where the awaited request is closed, REMOTE_UNREACHABLE.
 */
export async function propose(logs: Logs, pushed: Pushed): Promise<Proposed> {
  const { branch } = pushed;
  const { wait } = logs.requests;
  let forge: Forge | undefined;
  let request: Proposed['request'];
  try {
    logs.progress?.({ doing: `opening a request for ${branch}` });
    forge = await requireForge(logs);
    request = forge && (await openOrUpdate(logs, forge, branch));
  } catch (error) {
    const reported = asReported(error);
    if (!reported) throw error;
    const { message, hint, ...warning } = notOpened(logs, pushed, reported);
    if (wait)
      throw new VportsError('REMOTE_UNREACHABLE', message, { hint, details: { branch }, cause: error });
    return { warnings: [{ message, hint, ...warning }] };
  }
  if (!forge || !request || !wait) return { request, warnings: [] };
  const state = await outcomeOfRequest(logs, forge, branch, request);
  const others = keptRequests(logs).filter((it) => it.branch !== branch);
  keepRequests(logs, others);
  return { request: { ...request, state }, warnings: [] };
}

/** Undefined for a host of an unknown kind, unless its request is waited for. Throws REMOTE_UNREACHABLE. */
async function requireForge(logs: Logs): Promise<Forge | undefined> {
  const server = await serverBehind(logs);
  if (!server && !logs.requests.wait) return undefined;
  if (!server) {
    throw new VportsError(
      'REMOTE_UNREACHABLE',
      'the kind of the host is not known, so no request can be opened there',
      {
        hint: 'set it with `vports policy set host github` (or gitlab, gitea)',
      },
    );
  }
  const forge = await forgeAt(logs, server);
  if (forge) return forge;
  throw new VportsError('REMOTE_UNREACHABLE', `there is no token for ${server.host}`, {
    hint: tokenWay(server),
  });
}

function tokenWay({ kind, host }: Server): string {
  return kind === 'github'
    ? `get one with \`gh auth login --hostname ${host}\``
    : 'give one to a credential helper with `git credential approve`';
}

async function openOrUpdate(
  logs: Logs,
  forge: Forge,
  branch: string,
): Promise<(Request & { isNew: boolean }) | undefined> {
  const { shared } = logs.remote()!;
  const { policy } = await (await logs.registry()).reader.state();
  const reviewed = await review(openRepository(logs.place.path), { base: shared, head: branchRef(branch) });
  const proposal = {
    branch,
    base: branchName(shared),
    title: subjectBy(policy, reviewTitle(reviewed)),
    text: reviewMarkdown(reviewed),
    draft: logs.requests.draft === true,
  };
  const known = await forge.openOf(branch, proposal.base);
  if (!known && reviewed.changes.length + reviewed.policy.length === 0) return undefined;
  const request = known ? await forge.update(known.number, proposal) : await forge.open(proposal);
  keep(logs, branch, request, proposal.draft);
  return { ...request, isNew: !known };
}

function notOpened(logs: Logs, { branch, said }: Pushed, { message, hint }: VportsError): Warning {
  const page = pageIn(said) ?? pullRequestUrl(logs.remote()!.url, branch);
  const byHand = `open it by hand${page === undefined ? " on the repository's page" : `: ${page}`}`;
  return {
    code: 'NO_PULL_REQUESTS',
    message: `pushed the branch ${branch}, but opened no request: ${message}`,
    hint: hint === undefined ? byHand : `${hint}, or ${byHand}`,
  };
}

function keep(logs: Logs, branch: string, request: Request, draft: boolean): void {
  const kept = keptRequests(logs);
  const wasDraft = kept.some((it) => it.branch === branch && it.number === request.number && it.draft);
  const unknown = { draft: draft || wasDraft, conflicts: false, checks: null, review: null };
  keepRequests(logs, [...kept.filter((it) => it.branch !== branch), { branch, ...request, ...unknown }]);
}

/** The page for a new request that hosts print after a push. */
function pageIn(said: readonly string[]): string | undefined {
  return said.flatMap((line) => /https:\/\/\S+/.exec(line)?.[0] ?? [])[0];
}
