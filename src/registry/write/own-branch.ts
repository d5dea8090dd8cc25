import { eventIds } from '../../log/append/index.js';
import { world } from '../../world/index.js';
import { holdingsOf } from '../decide/view.js';
import { loadView } from '../state/load-view.js';
import type { Logs } from '../state/logs.js';

/** What a command is about, as far as its branch is named after that. */
export interface About {
  /** Undefined for a command about several. */
  resource?: string | undefined;
}

/** A branch for one change, and the ids of its events where it is named after the first. */
export interface OwnBranch {
  name: string;
  newId?: (() => (at: number) => string) | undefined;
  /** When it was named: the time of its first id. */
  at: number;
}

/** Whether this registry's policy wants changes to go by pull requests, and there is somewhere to open one. */
export async function wantsPullRequests(logs: Logs): Promise<boolean> {
  if (logs.branch !== undefined || logs.embedded) return false;
  const log = await logs.registry();
  return (await log.reader.state()).policy.changes === 'pull-request';
}

/** Without a remote, and in a monorepo, whose branches are its users', a change goes where it always went. */
export function canHavePullRequests(logs: Logs): boolean {
  return logs.remote() !== undefined && logs.monorepo() === undefined;
}

/**
 * `ports/web`; for several resources `ports/` and the id of the first event. What is only claimed on a branch that was made here is
 * changed there.
 */
export async function ownBranch(logs: Logs, { resource }: About): Promise<OwnBranch> {
  const at = world.now();
  if (resource !== undefined) {
    const waiting = await claimedOnlyOn(logs, resource);
    return { name: waiting ?? `ports/${asRefName(resource)}`, at };
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

/** The one open branch of this machine that has a resource which the shared branch has not. */
async function claimedOnlyOn(logs: Logs, resource: string): Promise<string | undefined> {
  const view = await loadView(logs, new Set());
  if (holdingsOf(view, resource).some(({ lease }) => !lease)) return undefined;
  const claims = [...(await (await logs.registry()).reader.claims()).values()];
  const branches = new Set(
    claims.filter((it) => it.own && it.resource === resource).map(({ branch }) => branch),
  );
  return branches.size === 1 ? [...branches][0] : undefined;
}

/** As git-check-ref-format(1) wants it. */
function asRefName(resource: string): string {
  const name = resource.replaceAll('..', '.-').replace(/\.$/, '-');
  return name.endsWith('.lock') ? `${name}-` : name;
}
