import { VportsError, type Warning } from '../../errors.js';
import { type Forge, type Request, requestIn, type Server } from '../../forge/index.js';
import { pullRequestUrl } from '../../log/remote/index.js';
import { reported } from '../../system-error.js';
import { type BranchRequest, keepRequests, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { forgeAt, serverBehind } from './forge-of.js';
import { proposalFor } from './proposal.js';
import { reviewersOf } from './reviewers.js';
import { outcomeOfRequest } from './wait.js';

interface ProposedRequest extends Request {
  isNew: boolean;
  /** Those who were asked to review it just now, as CODEOWNERS calls them. */
  reviewers: string[];
}

export interface Proposed {
  request?: ProposedRequest | undefined;
  warnings: Warning[];
}

/** What was pushed: a branch, and what its host said to it. */
export interface Pushed {
  branch: string;
  said: readonly string[];
}

/**
 * Opens a request for a pushed branch, or updates the open one; without a token, reads from what the host said whether the push has. A
 * failure is a warning, as the branch is there in any case; but who wants to wait for the request gets it as an error. Nothing happens on
 * a host of an unknown kind, and for a branch that changes nothing.
 * Throws CONFLICT where the awaited request is closed, REMOTE_UNREACHABLE.
 */
export async function propose(logs: Logs, pushed: Pushed): Promise<Proposed> {
  const { branch } = pushed;
  const { wait } = logs.requests;
  let forge: Forge | undefined;
  let proposed: Proposed;
  try {
    logs.progress?.({ doing: `opening a request for ${branch}` });
    const server = await requireServer(logs);
    if (!server) return { warnings: [] };
    forge = await forgeAt(logs, server);
    proposed = forge ? await openOrUpdate(logs, forge, branch) : openedByPush(logs, server, pushed);
    if (wait && !forge)
      throw noToken(server, `${proposed.request?.called} was opened, but cannot be followed: `);
  } catch (error) {
    const { message, hint, ...warning } = notOpened(logs, pushed, reported(error));
    if (wait)
      throw new VportsError('REMOTE_UNREACHABLE', message, { hint, details: { branch }, cause: error });
    return { warnings: [{ message, hint, ...warning }] };
  }
  const { request, warnings } = proposed;
  if (!forge || !request || !wait) return proposed;
  const state = await outcomeOfRequest(logs, forge, branch, request);
  const others = keptRequests(logs).filter((it) => it.branch !== branch || it.number !== request.number);
  keepRequests(logs, others);
  return { request: { ...request, state }, warnings };
}

/** Undefined for a host of an unknown kind, unless its request is waited for. Throws REMOTE_UNREACHABLE. */
async function requireServer(logs: Logs): Promise<Server | undefined> {
  const server = await serverBehind(logs);
  if (server || !logs.requests.wait) return server;
  throw new VportsError(
    'REMOTE_UNREACHABLE',
    'the kind of the host is not known, so no request can be opened there',
    {
      hint: 'set it with `vports policy set host github` (or gitlab, gitea, gerrit)',
    },
  );
}

function noToken({ kind, host }: Server, before = ''): VportsError {
  return new VportsError('REMOTE_UNREACHABLE', `${before}there is no token for ${host}`, {
    hint:
      kind === 'github'
        ? `get one with \`gh auth login --hostname ${host}\``
        : 'give one to a credential helper with `git credential approve`',
  });
}

/** Throws REMOTE_UNREACHABLE where the host has named no request. */
function openedByPush(logs: Logs, server: Server, { branch, said }: Pushed): Proposed {
  const request = requestIn(server.kind, said);
  if (!request) throw server.kind === 'gerrit' ? noChange(server) : noToken(server);
  const isNew = !keptRequests(logs).some((it) => it.branch === branch && it.number === request.number);
  keep(logs, branch, request, logs.requests.draft === true);
  return { request: { ...request, isNew, reviewers: [] }, warnings: [] };
}

function noChange({ host }: Server): VportsError {
  return new VportsError('REMOTE_UNREACHABLE', `${host} names no change`, {
    hint: 'it says why in the lines above',
  });
}

async function openOrUpdate(logs: Logs, forge: Forge, branch: string): Promise<Proposed> {
  const { proposal, reviewed, isEmpty } = await proposalFor(logs, branch);
  const latest = await forge.latestOf(branch, proposal.base);
  const known = latest?.state === 'open' ? latest : undefined;
  if (!known && isEmpty) return { warnings: [] };
  const request = known ? await forge.update(known.number, proposal) : await forge.open(proposal);
  keep(logs, branch, request, proposal.draft);
  const isNew = !known;
  const asked = isNew && !proposal.draft ? await reviewersOf(logs, forge, request, reviewed) : NOBODY;
  return { request: { ...request, isNew, reviewers: asked.reviewers }, warnings: asked.warnings };
}

const NOBODY = { reviewers: [], warnings: [] };

function notOpened(logs: Logs, { branch, said }: Pushed, { message, hint }: VportsError): Warning {
  // Hosts print the page for a new request after a push.
  const { url } = logs.remote()!;
  const links = said.flatMap((line) => /https:\/\/\S+/.exec(line)?.[0] ?? []).filter((it) => it !== url);
  const isOfBranch = (it: string) => it.includes(branch) || it.includes(encodeURIComponent(branch));
  const page = links.find(isOfBranch) ?? links[0] ?? pullRequestUrl(url, branch);
  const byHand = `open it by hand${page === undefined ? " on the repository's page" : `: ${page}`}`;
  return {
    code: 'NO_PULL_REQUESTS',
    message: `pushed the branch ${branch}, but opened no request: ${message}`,
    hint: hint === undefined ? byHand : `${hint}, or ${byHand}`,
  };
}

function keep(logs: Logs, branch: string, request: Request, draft: boolean): void {
  const kept = keptRequests(logs);
  const isSame = (it: BranchRequest) => it.branch === branch && it.number === request.number;
  const wasDraft = kept.some((it) => isSame(it) && it.draft);
  const unknown = { draft: draft || wasDraft, conflicts: false, checks: null, review: null };
  // What became of one before is not reported yet where it was open.
  const others = kept.filter((it) => !isSame(it) && (it.branch !== branch || it.state === 'open'));
  keepRequests(logs, [...others, { branch, ...request, ...unknown }]);
}
