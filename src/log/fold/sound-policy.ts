import { VportsError } from '../../errors.js';
import type { Policy } from '../../policy/policy.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Objects } from '../git/objects.js';
import { isEventMode } from './fold.js';

/** What a policy.json that cannot be read is replaced by until it is mended. */
export interface SoundPolicy {
  policy: Policy;
  /** The blob. */
  oid: string;
}

/**
 * The newest policy that can be read in the history of a commit, from its first parent on; undefined where there never was one. Of a
 * newer format it throws LOG_TOO_NEW.
 */
export async function lastSoundPolicy(
  objects: Objects,
  commit: string,
  prefix: string,
): Promise<SoundPolicy | undefined> {
  const { parsePolicy } = await import('../../policy/policy-file.js');
  const tried = new Set<string>();
  for (let at: string | undefined = commit; at !== undefined; ) {
    const { tree, parents } = await objects.readCommit(at);
    const entry = await objects.anyAt(tree, prefix + POLICY_PATH);
    if (entry && isEventMode(entry.mode) && !tried.has(entry.oid)) {
      tried.add(entry.oid);
      try {
        return {
          policy: parsePolicy((await objects.read(entry.oid)).content.toString('utf8')),
          oid: entry.oid,
        };
      } catch (error) {
        if (!(error instanceof VportsError) || error.code === 'LOG_TOO_NEW') throw error;
      }
    }
    at = parents[0];
  }
  return undefined;
}
