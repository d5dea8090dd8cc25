import { setTimeout as pause } from 'node:timers/promises';
import { VportsError } from '../../errors.js';
import type { FollowedRequest, Forge, Request } from '../../forge/index.js';
import { standing } from '../query/request-words.js';
import type { Logs } from '../state/logs.js';

/** Milliseconds between two looks: at first, and at most. */
const [FIRST, LONGEST] = [1_000, 60_000];
const GROWTH = 1.5;
/** Looks that may fail in a row: a host is restarted now and then. */
const FAILURES = 5;

/** Waits until a request is merged, and then follows the shared branch. Throws CONFLICT if it is closed or gone, REMOTE_UNREACHABLE. */
export async function outcomeOfRequest(
  logs: Logs,
  forge: Forge,
  branch: string,
  request: Request,
): Promise<'merged'> {
  const { number, called, url } = request;
  const state = await untilDone(forge, number, (now) =>
    logs.progress?.({ waitsFor: `${[called, ...standing(now)].join(', ')} to be merged: ${url}` }),
  );
  if (state === 'merged') {
    // What was merged is on the shared branch in any case.
    await (await logs.registry()).publisher.refresh().catch(() => undefined);
    return state;
  }
  const what = state === 'closed' ? 'was closed without a merge' : 'is gone';
  throw new VportsError('CONFLICT', `${called} of ${branch} ${what}: ${url}`, {
    hint: 'its ports are claimed until the branch is deleted and `vports sync` has seen that, or `vports release` takes them back',
    details: { branch, request: { number, url, state: state ?? null } },
  });
}

async function untilDone(
  forge: Forge,
  number: number,
  report: (request: FollowedRequest) => void,
): Promise<'merged' | 'closed' | undefined> {
  let failures = 0;
  for (let wait = FIRST; ; wait = Math.min(wait * GROWTH, LONGEST)) {
    try {
      const now = await forge.request(number);
      if (now?.state !== 'open') return now?.state;
      report(now);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures >= FAILURES) throw error;
    }
    await pause(wait);
  }
}
