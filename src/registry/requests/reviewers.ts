import type { Warning } from '../../errors.js';
import type { Forge, Request } from '../../forge/index.js';
import { ownersNamed } from '../../policy/code-owners.js';
import { reported } from '../../system-error.js';
import type { Logs } from '../state/logs.js';
import { ownerFiles } from '../state/owner-files.js';
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
    const [file] = owners.length > 0 ? await ownerFiles(logs, logs.remote()!.shared) : [];
    const named = ownersNamed(file?.text ?? '', owners);
    return { reviewers: named.length > 0 ? await forge.askForReview(number, named) : [], warnings: [] };
  } catch (error) {
    const { code, message } = reported(error);
    return { reviewers: [], warnings: [{ code, message: `asked nobody to review ${called}: ${message}` }] };
  }
}
