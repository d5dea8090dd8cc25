import { VportsError } from '../../errors.js';
import type { Policy } from '../../policy/policy.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import type { Objects } from '../git/objects.js';
import { isEventMode } from './fold.js';
import type { Snapshot } from './snapshot.js';

interface SoundPolicy {
  policy: Policy;
  oid: string;
}

/**
 * The policy of a commit by its blob; an empty oid means a missing file. If it is missing or not JSON: the last readable policy, with
 * the fault. Throws BAD_POLICY, LOG_TOO_NEW, and `missing()` if there never was one.
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
  return (await import('../../policy/policy-file.js')).parsePolicy(await objects.readText(oid), path);
}

/** The newest readable policy along the first parents of a commit; undefined if there never was one. Throws LOG_TOO_NEW for a newer format. */
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
