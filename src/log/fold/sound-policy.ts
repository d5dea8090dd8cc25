import { VportsError } from '../../errors.js';
import type { Policy } from '../../policy/policy.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Objects } from '../git/objects.js';
import { isEventMode } from './fold.js';
import type { Snapshot } from './snapshot.js';

/** What a policy.json that cannot be read is replaced by until it is mended. */
interface SoundPolicy {
  policy: Policy;
  /** The blob. */
  oid: string;
}

/**
 * The policy of a commit by its blob, which is empty where the file is missing. Where it is missing or not JSON, the last one that could be
 * read, and what is wrong. Throws BAD_POLICY, LOG_TOO_NEW, and `missing()` where there never was one.
 */
export async function policyAt(
  objects: Objects,
  { commit, oid, prefix }: { commit: string; oid: string; prefix: string },
  missing: () => VportsError,
): Promise<Pick<Snapshot, 'policy' | 'policyFault'>> {
  try {
    if (oid === '') throw missing();
    return { policy: await readPolicy(objects, oid, prefix + POLICY_PATH) };
  } catch (error) {
    const isDamage = error instanceof VportsError && (oid === '' || error.details.isInvalidJson === true);
    if (!isDamage) throw error;
    const sound = await lastSoundPolicy(objects, commit, prefix);
    if (!sound) throw error;
    const message = oid === '' ? `${prefix}${POLICY_PATH} is missing` : error.message;
    return { policy: sound.policy, policyFault: { message, sound: sound.oid } };
  }
}

async function readPolicy(objects: Objects, oid: string, path?: string): Promise<Policy> {
  const { parsePolicy } = await import('../../policy/policy-file.js');
  return parsePolicy((await objects.read(oid)).content.toString('utf8'), path);
}

/**
 * The newest policy that can be read in the history of a commit, from its first parent on; undefined where there never was one. Of a
 * newer format it throws LOG_TOO_NEW.
 */
async function lastSoundPolicy(
  objects: Objects,
  commit: string,
  prefix: string,
): Promise<SoundPolicy | undefined> {
  const tried = new Set<string>();
  for (let at: string | undefined = commit; at !== undefined; ) {
    const { tree, parents } = await objects.readCommit(at);
    const entry = await objects.anyAt(tree, prefix + POLICY_PATH);
    if (entry && isEventMode(entry.mode) && !tried.has(entry.oid)) {
      tried.add(entry.oid);
      try {
        return { policy: await readPolicy(objects, entry.oid), oid: entry.oid };
      } catch (error) {
        if (!(error instanceof VportsError) || error.code === 'LOG_TOO_NEW') throw error;
      }
    }
    at = parents[0];
  }
  return undefined;
}
