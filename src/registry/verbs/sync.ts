import { inTimeOrder } from '../../../events/order.js';
import { VportsError, type Warning } from '../../errors.js';
import type { LocatedEvent } from '../../log/event-log.js';
import { branchName } from '../../log/git/index.js';
import { ownBranches } from '../../log/remote/index.js';
import { damages } from '../query/queries.js';
import type { Logs } from '../state/logs.js';

export interface Synced {
  pulled: LocatedEvent[];
  pushed: string[];
  warnings: Warning[];
}

export async function sync(logs: Logs): Promise<Synced> {
  await logs.registry();
  const remote = logs.remote();
  if (!remote) {
    throw new VportsError('BAD_USAGE', `${logs.place.path} has no remote`, {
      hint: 'run `git remote add origin URL` there, or put a URL into .vports.json',
    });
  }
  const { openRepository } = await import('../../log/git/index.js');
  const { SharedLog } = await import('../../log/shared/index.js');
  const repository = openRepository(logs.place.path);
  const shared = new SharedLog(repository, remote.url, remote.shared, { beforePush: logs.beforePush });
  try {
    const before = new Set((await shared.reader.events()).map(({ id }) => id));
    await shared.refresh();
    const pulled = (await shared.reader.events()).filter(({ id }) => !before.has(id));
    const pushed: string[] = [];
    const warnings: Warning[] = [...shared.warnings, ...damages(await shared.reader.state())];
    for (const { ref } of ownBranches(repository)) {
      try {
        const became = await shared.catchUpBranch(ref);
        if (became.is === 'closed') warnings.push(became.warning);
        if (await shared.pushPending(ref)) pushed.push(branchName(ref));
      } catch (error) {
        warnings.push(notPushed(ref, error));
      }
    }
    return { pulled: inTimeOrder(pulled), pushed, warnings };
  } finally {
    await shared.close();
  }
}

function notPushed(ref: string, error: unknown): Warning {
  const branch = branchName(ref);
  if (error instanceof VportsError)
    return { code: error.code, message: `${branch}: ${error.message}`, hint: error.hint };
  if (error instanceof Error && error.name === 'RemoteMoved') {
    return {
      code: 'CONFLICT',
      message: `${branch} was not pushed: it has diverged from the remote`,
      hint: `rebase it with git, or commit to another branch`,
    };
  }
  throw error;
}
