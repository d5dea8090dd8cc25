import type { Warning } from '../../errors.js';
import type { Forge, Request } from '../../forge/index.js';
import { openRepository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { OWNER_FILES, ownersNamed } from '../../policy/code-owners.js';
import { reported } from '../../system-error.js';
import type { Logs } from '../state/logs.js';
import type { Review } from '../verbs/read/review.js';

/**
 * Asks the owners of what a request changes to review it, as far as CODEOWNERS of the shared branch says who they are. Hosts ask those of a path by
 * themselves; whose ports the path holds they do not know. A failure is a warning.
 */
export async function reviewersOf(
  logs: Logs,
  forge: Forge,
  { number, called }: Request,
  { changes, ranges }: Review,
): Promise<{ reviewers: string[]; warnings: Warning[] }> {
  const owners = [...changes, ...ranges].flatMap(({ owner }) => owner ?? []);
  try {
    const named = owners.length > 0 ? ownersNamed((await ownersFile(logs)) ?? '', owners) : [];
    return { reviewers: named.length > 0 ? await forge.askForReview(number, named) : [], warnings: [] };
  } catch (error) {
    const { code, message } = reported(error);
    return { reviewers: [], warnings: [{ code, message: `asked nobody to review ${called}: ${message}` }] };
  }
}

async function ownersFile(logs: Logs): Promise<string | undefined> {
  return Audit.of(openRepository(logs.place.path), async (audit) => {
    const shared = await audit.commit(logs.remote()!.shared);
    for (const path of OWNER_FILES) {
      const text = await audit.text(shared, path);
      if (text !== undefined) return text;
    }
    return undefined;
  });
}
