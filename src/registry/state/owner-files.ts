import { openRepository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { OWNER_FILES } from '../../policy/code-owners.js';
import type { Logs } from './logs.js';

/** The CODEOWNERS files at a revision, in the order in which hosts look for them. */
export function ownerFiles(logs: Logs, revision: string): Promise<{ path: string; text: string }[]> {
  return Audit.of(openRepository(logs.place.path), async (audit) => {
    const commit = await audit.commit(revision);
    const found: { path: string; text: string }[] = [];
    for (const path of OWNER_FILES) {
      const text = await audit.text(commit, path);
      if (text !== undefined) found.push({ path, text });
    }
    return found;
  });
}
