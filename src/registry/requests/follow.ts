import { VportsError, type Warning } from '../../errors.js';
import type { Forge } from '../../forge/index.js';
import { branchName } from '../../log/git/index.js';
import { type BranchRequest, keepRequests, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { forgeAt, serverBehind } from './forge-of.js';

/** Branches that are asked about at once. */
const AT_ONCE = 10;

/**
 * Asks what became of the requests of these branches, and of those that were open when they were last asked about: how each ended is reported once.
 * Without a token nobody is asked. A failure is a warning.
 */
export async function follow(
  logs: Logs,
  branches: string[],
): Promise<{ requests: BranchRequest[]; warnings: Warning[] }> {
  const before = keptRequests(logs);
  const open = new Map(before.flatMap((it) => (it.state === 'open' ? [[it.branch, it.number]] : [])));
  const asked = [...new Set([...branches, ...open.keys()])];
  const server = asked.length > 0 ? await serverBehind(logs) : undefined;
  const forge = server && (await forgeAt(logs, server));
  if (!forge) {
    // What a push has opened nobody follows without a token; it is shown as long as its branch is there.
    keepRequests(
      logs,
      before.filter(({ branch }) => branches.includes(branch)),
    );
    return { requests: [], warnings: [] };
  }
  const base = branchName(logs.remote()!.shared);
  const requests: BranchRequest[] = [];
  try {
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const looks = asked
        .slice(at, at + AT_ONCE)
        .map((branch) => requestOf(forge, branch, base, open.get(branch)));
      requests.push(...(await Promise.all(looks)).flat());
    }
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
    const { code, message, hint } = error;
    return {
      requests: [],
      warnings: [{ code, message: `what became of the open requests is not known: ${message}`, hint }],
    };
  }
  const now = new Set(requests.map(({ branch }) => branch));
  const ended = before.filter(({ branch, state }) => state !== 'open' && !now.has(branch));
  keepRequests(
    logs,
    [...requests, ...ended].filter(({ branch, state }) => state === 'open' || branches.includes(branch)),
  );
  return { requests, warnings: [] };
}

/** A branch may have a new request after its last one has ended. */
async function requestOf(
  forge: Forge,
  branch: string,
  base: string,
  number: number | undefined,
): Promise<BranchRequest[]> {
  const known = number === undefined ? undefined : await forge.request(number);
  const other = known?.state === 'open' ? undefined : await forge.openOf(branch, base);
  const request = (other && (await forge.request(other.number))) ?? known;
  return request ? [{ branch, ...request }] : [];
}
