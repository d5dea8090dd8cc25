import { VportsError, type Warning } from '../../errors.js';
import type { Forge } from '../../forge/index.js';
import { branchName } from '../../log/git/index.js';
import { type BranchRequest, keepRequests, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { forgeAt, serverBehind } from './forge-of.js';

/** Branches that are asked about at once. */
const AT_ONCE = 10;

export interface Followed {
  /** The open requests, and those that have ended since they were last asked about. */
  requests: BranchRequest[];
  /** The branches that never had one: a kill came between the push and the request. */
  without: string[];
  warnings: Warning[];
}

/**
 * Asks what became of the requests of these branches, and of those that were open when they were last asked about: how each ended is reported once.
 * Without a token nobody is asked. A failure is a warning.
 */
export async function follow(logs: Logs, branches: string[]): Promise<Followed> {
  const nothing: Followed = { requests: [], without: [], warnings: [] };
  const before = keptRequests(logs);
  const asked = [
    ...new Set([...branches, ...before.flatMap((it) => (it.state === 'open' ? [it.branch] : []))]),
  ];
  const server = asked.length > 0 ? await serverBehind(logs) : undefined;
  const forge = server && (await forgeAt(logs, server));
  if (!forge) {
    // What a push has opened nobody follows without a token; it is shown as long as its branch is there.
    keepRequests(
      logs,
      before.filter(({ branch }) => branches.includes(branch)),
    );
    return nothing;
  }
  const base = branchName(logs.remote()!.shared);
  const found: { branch: string; requests: BranchRequest[]; hadOne: boolean }[] = [];
  try {
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const looks = asked.slice(at, at + AT_ONCE).map(async (branch) => {
        const known = before.filter((it) => it.branch === branch);
        return { branch, ...(await requestsOf(forge, branch, { base, known })) };
      });
      found.push(...(await Promise.all(looks)));
    }
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
    const message = `what became of the open requests is not known: ${error.message}`;
    return { ...nothing, warnings: [error.asWarning(message)] };
  }
  const now = found.flatMap(({ requests }) => requests);
  keepRequests(
    logs,
    now.filter(({ branch, state }) => state === 'open' || branches.includes(branch)),
  );
  const wasReported = ({ number, state }: BranchRequest) =>
    state !== 'open' && before.some((it) => it.number === number && it.state !== 'open');
  return {
    requests: now.filter((it) => !wasReported(it)),
    without: found.flatMap(({ branch, hadOne }) => (hadOne ? [] : [branch])),
    warnings: [],
  };
}

/** The requests that were open, and the one that the branch has now: it may have a new one after its last one has ended. The oldest first. */
async function requestsOf(
  forge: Forge,
  branch: string,
  { base, known }: { base: string; known: BranchRequest[] },
): Promise<{ requests: BranchRequest[]; hadOne: boolean }> {
  const open = known.filter(({ state }) => state === 'open').map(({ number }) => number);
  const asked = await Promise.all(open.map((number) => forge.request(number)));
  const followed = asked.filter((it) => it !== undefined);
  const latest = followed.some(({ state }) => state === 'open')
    ? undefined
    : await forge.latestOf(branch, base);
  const isKnown = [...followed, ...known].some(({ number }) => number === latest?.number);
  const other =
    latest && latest.state !== 'merged' && !isKnown ? await forge.request(latest.number) : undefined;
  const ended = known.filter(({ number, state }) => state !== 'open' && number === latest?.number);
  const requests = [...ended, ...followed, ...(other ? [other] : [])]
    .map((request) => ({ ...request, branch }))
    .sort((one, next) => one.number - next.number);
  return { requests, hadOne: requests.length > 0 || known.length > 0 || latest !== undefined };
}
