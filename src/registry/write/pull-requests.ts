import { badUsage } from '../../errors.js';
import { eventIds } from '../../log/append/index.js';
import type { PushAlong } from '../../log/event-log.js';
import { branchName } from '../../log/git/index.js';
import { world } from '../../world/index.js';
import { isGlob } from '../decide/matching-resources.js';
import { claimsOf, type View } from '../decide/view.js';
import { lensOn } from '../project/own-view.js';
import type { Proposed } from '../requests/index.js';
import { loadView } from '../state/load-view.js';
import type { Logs } from '../state/logs.js';
import type { ChosenBranch, Command, Write } from './command.js';
import { decideAsSeen } from './decide.js';
import { concernsHostOnly } from './look.js';
import type { Written } from './written.js';

/** Undefined unless the policy requires pull requests; leases need no review. */
export async function branchForProposal<Answer>(command: Command<Answer>): Promise<ChosenBranch | undefined> {
  const { logs, request } = command;
  if (request.local || !(await proposesNow(logs))) return undefined;
  const plan = request.files ? undefined : await decideAsSeen(command);
  return plan && concernsHostOnly(logs, plan) ? undefined : chooseBranch(logs, request);
}

/** By the policy as last fetched. */
export async function proposesNow(logs: Logs): Promise<boolean> {
  return canPropose(logs) && wantsPullRequests(logs);
}

/** Not without a remote, and not in a monorepo, where users manage branches. */
function canPropose(logs: Logs): boolean {
  return logs.remote() !== undefined && logs.monorepo() === undefined;
}

async function wantsPullRequests(logs: Logs): Promise<boolean> {
  if (logs.branch !== undefined || logs.embedded) return false;
  return wantsRequests(logs);
}

/** By the policy, or by the user for this once. */
async function wantsRequests(logs: Logs): Promise<boolean> {
  if (logs.requests.open) return true;
  const log = await logs.registry();
  return (await log.reader.state()).policy.changes === 'pull-request';
}

/** What goes along with the push of a branch where requests are wanted, for a host that opens them so. */
export async function alongWith(logs: Logs, ref: string): Promise<PushAlong | undefined> {
  if (!(await opensRequests(logs, ref))) return undefined;
  return (await import('../requests/index.js')).alongWithPush(logs, ref);
}

/** Opens or updates the request of a branch that was pushed, where requests are wanted. `said` is what the host said to the push. */
export async function proposePushed(logs: Logs, ref: string, said: readonly string[]): Promise<Proposed> {
  if (!(await opensRequests(logs, ref))) return { warnings: [] };
  return (await import('../requests/index.js')).propose(logs, { branch: branchName(ref), said });
}

async function opensRequests(logs: Logs, ref: string): Promise<boolean> {
  const remote = logs.remote();
  return remote !== undefined && ref !== remote.shared && wantsRequests(logs);
}

/** Throws BAD_USAGE where a request is asked for and cannot be. */
export function requirePossible(logs: Logs): void {
  if (!logs.requests.open || canPropose(logs)) return;
  throw badUsage(
    `a pull request needs a remote, and vports pushes to none of ${logs.place.path}`,
    'drop --pr; in a monorepo, changes go to the current branch and its pull request',
  );
}

export async function wantsInVain<Answer>({ logs, request }: Command<Answer>): Promise<boolean> {
  return !request.local && !canPropose(logs) && (await wantsPullRequests(logs));
}

export function withNote<Answer>(logs: Logs, written: Written<Answer>): Written<Answer> {
  if (written.commits.length === 0 || !logs.markOnce('no-pull-requests')) return written;
  return {
    ...written,
    warnings: [
      ...written.warnings,
      {
        code: 'NO_PULL_REQUESTS',
        message:
          'the policy requires pull requests, which has no effect here: the registry has no remote, or is part of a monorepo',
        hint: 'in a monorepo, changes go to the current branch and its pull request',
      },
    ],
  };
}

/**
 * `ports/web`; for several resources `ports/` and the id of the first event. What is only claimed on a branch that was made here is
 * changed there.
 */
async function chooseBranch(
  logs: Logs,
  { resources = [] }: Pick<Write<unknown>, 'resources'>,
): Promise<ChosenBranch> {
  const at = world.now();
  const [resource, ...others] = resources;
  if (resource !== undefined && others.length === 0 && !isGlob(resource)) {
    // The recorded name, because two projects may use the same name.
    const view = await loadView(logs);
    const lens = lensOn(logs, view);
    const name = lens.literal(lens.typed(resource));
    return { name: (await claimedOnlyOn(logs, view, name)) ?? `ports/${asRefName(name)}`, at };
  }
  const ids = eventIds();
  const first = ids(at);
  const newId = () => {
    let isFirst = true;
    return (time: number) => {
      const isNamed = isFirst && time === at;
      isFirst = false;
      return isNamed ? first : ids(time);
    };
  };
  return { name: `ports/${first}`, newId, at };
}

/** The only open branch of this machine with this new resource. */
async function claimedOnlyOn(logs: Logs, view: View, resource: string): Promise<string | undefined> {
  if (claimsOf(view, resource).length > 0) return undefined;
  const claims = [...(await (await logs.registry()).reader.claims()).values()];
  const branches = new Set(
    claims.filter((it) => it.own && it.resource === resource).map(({ branch }) => branch),
  );
  return branches.size === 1 ? [...branches][0] : undefined;
}

/** Valid by git-check-ref-format(1). */
function asRefName(resource: string): string {
  const name = resource.replaceAll('..', '.-').replace(/\.$/, '-');
  return name.endsWith('.lock') ? `${name}-` : name;
}
