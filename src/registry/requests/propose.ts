import { VportsError, type Warning } from '../../errors.js';
import type { Forge, Request, Server } from '../../forge/index.js';
import { subjectBy } from '../../log/append/index.js';
import { branchName, branchRef, openRepository } from '../../log/git/index.js';
import { pullRequestUrl } from '../../log/remote/index.js';
import { reviewMarkdown, reviewTitle } from '../../review/summary.js';
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
  const { wait } = logs.requests;
  const { branch } = pushed;
  try {
    const forge = await requireForge(logs);
    const request = forge && (await openOrUpdate(logs, forge, branch));
    if (!request) return { warnings: [] };
    if (!wait) return { request, warnings: [] };
    const state = await outcomeOfRequest(logs, forge, branch, request);
    return { request: { ...request, state }, warnings: [] };
  } catch (error) {
    if (!(error instanceof NoRequest)) throw error;
    const message = `pushed the branch ${branch}, but opened no request: ${error.why}`;
    const page = pageIn(pushed.said) ?? pullRequestUrl(logs.remote()!.url, branch);
    const byHand = `open it by hand${page === undefined ? " on the repository's page" : `: ${page}`}`;
    const hint = error.way === undefined ? byHand : `${error.way}, or ${byHand}`;
    if (wait)
      throw new VportsError('REMOTE_UNREACHABLE', message, { hint, details: { branch }, cause: error });
    return { warnings: [{ code: 'NO_PULL_REQUESTS', message, hint }] };
  }
}

class NoRequest extends Error {
  constructor(
    readonly why: string,
    readonly way?: string,
  ) {
    super(why);
  }
}

/** Undefined for a host of an unknown kind, unless its request is waited for. Throws NoRequest. */
async function requireForge(logs: Logs): Promise<Forge | undefined> {
  const server = await serverBehind(logs);
  if (!server && logs.requests.wait)
    throw new NoRequest(
      'the kind of its host is not known',
      'set it with `vports policy set host github` (gitlab, gitea)',
    );
  if (!server) return undefined;
  const forge = await forgeAt(logs, server);
  if (!forge) throw new NoRequest(`there is no token for ${server.host}`, tokenWay(server));
  return forge;
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
  try {
    const known = await forge.openOf(proposal.branch, proposal.base);
    if (!known && reviewed.changes.length + reviewed.policy.length === 0) return undefined;
    const request = known ? await forge.update(known.number, proposal) : await forge.open(proposal);
    keep(logs, proposal.branch, request, proposal.draft);
    return { ...request, isNew: !known };
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
    throw new NoRequest(error.message);
  }
}

function keep(logs: Logs, branch: string, request: Request, draft: boolean): void {
  const others = keptRequests(logs).filter((it) => it.branch !== branch);
  keepRequests(logs, [
    ...others,
    { branch, ...request, draft, conflicts: false, checks: null, review: null },
  ]);
}

/** The page for a new request that hosts print after a push. */
function pageIn(said: readonly string[]): string | undefined {
  return said.flatMap((line) => /https:\/\/\S+/.exec(line)?.[0] ?? [])[0];
}
