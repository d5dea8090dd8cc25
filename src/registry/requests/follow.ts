import { VportsError, type Warning } from '../../errors.js';
import type { Forge } from '../../forge/index.js';
import { branchName } from '../../log/git/index.js';
import { type BranchRequest, keepRequests, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { forgeAt, serverBehind } from './forge-of.js';

/** Requests that are asked about at once: more open branches are a mistake. */
const MOST = 50;

/**
 * Asks what became of the requests of these branches, and of those that were open when they were last asked about. Without a token nobody is asked. A
 * failure is a warning.
 */
export async function follow(
  logs: Logs,
  branches: string[],
): Promise<{ requests: BranchRequest[]; warnings: Warning[] }> {
  const before = new Map(keptRequests(logs).map((it) => [it.branch, it]));
  const open = [...before.values()].filter(({ state }) => state === 'open').map(({ branch }) => branch);
  const asked = [...new Set([...branches, ...open])].slice(0, MOST);
  const server = asked.length > 0 ? await serverBehind(logs) : undefined;
  const forge = server && (await forgeAt(logs, server));
  if (!forge) return { requests: [], warnings: [] };
  const base = branchName(logs.remote()!.shared);
  const requests: BranchRequest[] = [];
  try {
    for (const branch of asked) {
      const request = await requestOf(forge, branch, base, before.get(branch));
      if (request) requests.push({ branch, ...request });
    }
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
    const { code, message, hint } = error;
    return {
      requests,
      warnings: [{ code, message: `what became of the open requests is not known: ${message}`, hint }],
    };
  }
  keepRequests(
    logs,
    requests.filter(({ branch, state }) => state === 'open' || branches.includes(branch)),
  );
  return { requests, warnings: [] };
}

/** A branch may have a new request after its last one was closed. */
async function requestOf(
  forge: Forge,
  branch: string,
  base: string,
  before: BranchRequest | undefined,
): Promise<Omit<BranchRequest, 'branch'> | undefined> {
  const known = before && (await forge.request(before.number));
  if (known?.state === 'open') return known;
  const other = await forge.openOf(branch, base);
  return (other && (await forge.request(other.number))) ?? known;
}
