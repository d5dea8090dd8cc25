import { noneIfRefused } from '../../attempt.js';
import type { Policy } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { Objects } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';

export interface PastPolicy {
  /** When it came to the branch, in milliseconds since 1970. */
  since: number;
  policy: Policy;
}

/** The readable policies of a branch, oldest first, by first parents; empty without git. */
export async function policyHistory(repository: Repository, head: string): Promise<PastPolicy[]> {
  const options = [
    '--first-parent',
    '-m',
    '--format=%ct',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    '--reverse',
  ];
  const output = await git(
    ['--literal-pathspecs', 'log', ...options, head, '--', repository.prefix + POLICY_PATH],
    { commondir: repository.commondir },
  );
  const objects = new Objects(repository.commondir);
  const policyIn = async (oid: string) => parsePolicy(await objects.readText(oid), POLICY_PATH);
  const found: PastPolicy[] = [];
  let since = 0;
  for (const line of output?.toString('latin1').split('\n') ?? []) {
    if (/^\d+$/.test(line)) since = Number(line) * 1000;
    const oid = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]{40}) [AMT]/.exec(line)?.[1];
    if (oid === undefined) continue;
    const policy = await policyIn(oid).catch(noneIfRefused);
    if (policy) found.push({ since, policy });
  }
  objects.close();
  return found;
}
