import { inTimeOrder } from '../../../events/order.js';
import type { PortKey } from '../../../events/port.js';
import { noneIfRefused } from '../../attempt.js';
import { badUsage, type ErrorCode, VportsError, type Warning } from '../../errors.js';
import type { LocatedEvent, OpenClaim } from '../../log/event-log.js';
import { branchName, branchRef } from '../../log/git/index.js';
import { branchRecords } from '../../log/remote/index.js';
import type { CaughtUp, SharedLog } from '../../log/shared/index.js';
import { type ClaimedPort, claimedPorts, damages } from '../query/queries.js';
import type { Pushed } from '../requests/index.js';
import { type BranchRequest, keptRequests } from '../state/kept-requests.js';
import type { Logs } from '../state/logs.js';
import { alongWith, proposePushed } from '../write/pull-requests.js';

export interface Synced {
  pulled: LocatedEvent[];
  pushed: string[];
  /** Branches of this machine that were deleted at the remote, as nothing was left to merge of them. */
  deleted: string[];
  /** What the host said to that, as lines that may be printed. */
  said: string[];
  /** Branches that cannot get there until somebody does what their warning says. */
  stuck: { branch: string; code: ErrorCode }[];
  /** What became of the pull requests of this machine's branches. */
  requests: BranchRequest[];
  /** What branches of others have come to want. */
  claims: ClaimedPort[];
  warnings: Warning[];
}

export async function sync(logs: Logs): Promise<Synced> {
  await logs.registry();
  const remote = logs.remote();
  if (!remote) {
    throw badUsage(
      `${logs.place.path} has no remote`,
      logs.embedded
        ? 'it is for this machine only; `vports init DIR --remote URL` makes one for a team'
        : 'all who name this path share it without `sync`; to share it by a remote: `git remote add origin URL` there',
    );
  }
  const { openRepository } = await import('../../log/git/index.js');
  const { SharedLog } = await import('../../log/shared/index.js');
  const repository = openRepository(logs.place.path);
  const shared = new SharedLog(repository, remote.url, remote.shared, { beforePush: logs.beforePush });
  try {
    const before = new Set((await shared.reader.events()).map(({ id }) => id));
    const claimed = await shared.reader.claims();
    await shared.refresh();
    const pulled = (await shared.reader.events()).filter(({ id }) => !before.has(id));
    const pushed: Pushed[] = [];
    const deleted: string[] = [];
    const stuck: Synced['stuck'] = [];
    const warnings: Warning[] = [...shared.warnings, ...damages(await shared.reader.state())];
    const own = branchRecords(repository);
    for (const { ref, isPending } of own) {
      try {
        const became = await shared.branches.catchUp(ref);
        if (became.is === 'closed') warnings.push(became.warning);
        const { length } = shared.said;
        if (await shared.branches.pushPending(ref, isPending ? await alongWith(logs, ref) : undefined))
          pushed.push({ branch: branchName(ref), said: shared.said.slice(length) });
        else if (await deletesFinished(shared, ref, became).catch(noneIfRefused))
          deleted.push(branchName(ref));
      } catch (error) {
        const why = notPushed(ref, error);
        warnings.push(why);
        stuck.push({ branch: branchName(ref), code: why.code });
      }
    }
    const claims = newClaims(claimed, await shared.reader.claims());
    const branches = own.map(({ ref }) => branchName(ref));
    const asked = await requestsOf(logs, branches, pushed);
    return {
      pulled: inTimeOrder(pulled),
      pushed: pushed.map(({ branch }) => branch),
      deleted,
      said: shared.said,
      stuck,
      requests: asked.requests,
      claims,
      warnings: [...warnings, ...asked.warnings],
    };
  } finally {
    await shared.close();
  }
}

/** A finished branch may stay for good: what keeps it there is not reported. */
async function deletesFinished(shared: SharedLog, ref: string, became: CaughtUp): Promise<boolean> {
  return (await isFinished(shared, ref, became)) && shared.branches.delete(ref);
}

/** Problems that only a merge would have. */
const HARMLESS: ReadonlySet<string> = new Set(['TAKEN_ON_BASE', 'TIME_FUTURE']);

/** Whether vports made the branch for a request, and it is merged, or has no effect since its author took everything back. */
async function isFinished(shared: SharedLog, ref: string, { is, theirs }: CaughtUp): Promise<boolean> {
  if (theirs === undefined || !ref.startsWith('refs/heads/ports/')) return false;
  if (is === 'merged') return true;
  const claims = await shared.reader.claims();
  if (is !== 'unchanged' || [...claims.values()].some(({ branch }) => branch === branchName(ref)))
    return false;
  const { changesNothing, review } = await import('./read/review.js');
  const found = await review(shared.repository, { base: shared.ref, head: ref });
  return changesNothing(found) && found.problems.every(({ code }) => HARMLESS.has(code));
}

/** Branches that were committed offline get their request now. */
async function requestsOf(
  logs: Logs,
  branches: string[],
  pushed: Pushed[],
): Promise<{ requests: BranchRequest[]; warnings: Warning[] }> {
  if (branches.length === 0 && keptRequests(logs).length === 0) return { requests: [], warnings: [] };
  const { follow } = await import('../requests/index.js');
  const warnings: Warning[] = [];
  const opened = new Set<number>();
  const open = async ({ branch, said }: Pushed) => {
    const { request, warnings: notOpened } = await proposePushed(logs, branchRef(branch), said);
    warnings.push(...notOpened);
    if (request) opened.add(request.number);
  };
  for (const it of pushed) await open(it);
  const { requests, without, warnings: notAsked } = await follow(logs, branches);
  for (const branch of without) await open({ branch, said: [] });
  for (const it of keptRequests(logs))
    if (opened.has(it.number) && !requests.some(({ number }) => number === it.number)) requests.push(it);
  return { requests, warnings: [...warnings, ...notAsked] };
}

function newClaims(
  before: ReadonlyMap<PortKey, OpenClaim>,
  now: ReadonlyMap<PortKey, OpenClaim>,
): ClaimedPort[] {
  const isNew = ([key, { own, branch, resource }]: [PortKey, OpenClaim]) => {
    const known = before.get(key);
    return !own && (known?.branch !== branch || known.resource !== resource);
  };
  return claimedPorts([...now].filter(isNew));
}

function notPushed(ref: string, error: unknown): Warning & { code: ErrorCode } {
  const branch = branchName(ref);
  if (error instanceof VportsError) return error.asWarning(`${branch}: ${error.message}`);
  if (error instanceof Error && error.name === 'RemoteMoved') {
    return {
      code: 'CONFLICT',
      message: `${branch} was not pushed: it has diverged from the remote`,
      hint: `rebase it with git, or commit to another branch`,
    };
  }
  throw error;
}
