import type { FollowedRequest } from '../../forge/index.js';
import type { ClaimedPort } from '../query/queries.js';
import type { Logs } from './logs.js';

/** The request of a branch, as its host last said. */
export interface BranchRequest extends FollowedRequest {
  branch: string;
}

const NAME = 'requests';

/** Of the branches of this machine, from the cache. */
export function keptRequests(logs: Logs): BranchRequest[] {
  return (logs.cache()?.cache.load(NAME) as BranchRequest[] | undefined) ?? [];
}

export function keepRequests(logs: Logs, requests: BranchRequest[]): void {
  logs.cache()?.cache.save(NAME, requests);
}

export function withRequests(claims: ClaimedPort[], requests: BranchRequest[]): ClaimedPort[] {
  const own = new Map(requests.map(({ branch, ...request }) => [branch, request]));
  return claims.map((it) => {
    const request = it.own ? own.get(it.branch) : undefined;
    return request ? { ...it, request } : it;
  });
}
