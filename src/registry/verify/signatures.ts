import type { Audit } from '../../log/inspect/index.js';
import { globMatches } from '../../policy/policy.js';
import type { CheckedLog, Problem } from '../../review/rules.js';
import type { Findings } from './verdict.js';

/** Every commit that brings events is signed, by the very person that these events and the commit say. */
export async function lookAtSignatures(
  audit: Audit,
  from: string,
  log: CheckedLog,
  commits: ReadonlyMap<string, string>,
  { problems }: Findings,
): Promise<void> {
  const signers = await audit.text(from, 'allowed_signers');
  for (const commit of new Set(commits.values())) {
    const say = (wrong: string) => problems.push(signatureProblem(commit, wrong));
    if (signers === undefined) {
      say('the base has no allowed_signers');
      continue;
    }
    const signed = await audit.signedBy(commit, signers);
    if ('problem' in signed) {
      say(signed.problem);
      continue;
    }
    const { author } = await audit.about(commit);
    const own = [...commits].filter(([, it]) => it === commit).map(([path]) => path);
    const said = [author.email, ...own.flatMap((path) => log.events.get(path)?.by.email ?? [])];
    const other = said.find((email) => !isOneOf(signed.principals, email));
    if (other !== undefined) say(`it is signed by ${signed.principals}, and says that it is by ${other}`);
  }
}

/** Whoever changes who may sign has to be one of them. */
export async function lookAtSigners(
  audit: Audit,
  { at, from }: { at: string; from: string },
  { problems, warnings }: Findings,
): Promise<void> {
  const changes = await audit.commitsThatChange(at, from, 'allowed_signers');
  if (changes.length === 0) return;
  const signers = await audit.text(from, 'allowed_signers');
  if (signers === undefined) {
    const message = 'allowed_signers is new: from now on it says who may sign';
    warnings.push({ code: 'OTHER_FILE', message });
    return;
  }
  for (const commit of changes) {
    const signed = await audit.signedBy(commit, signers);
    if ('principals' in signed) continue;
    const { code } = signatureProblem(commit, signed.problem);
    const message = `the commit ${commit.slice(0, 10)} changes who may sign, and is not signed by any of those who may: ${signed.problem}`;
    problems.push({ code, path: 'allowed_signers', message });
  }
}

function signatureProblem(commit: string, wrong: string): Problem {
  const isMissing = /no signature|not signed/i.test(wrong);
  return {
    code: isMissing ? 'NOT_SIGNED' : 'BAD_SIGNATURE',
    path: '.',
    message: `the commit ${commit.slice(0, 10)}: ${wrong}`,
  };
}

/** Whether an address is one that a list of patterns names, as ssh-keygen(1) has them: `*`, `?` and `!`. In any case. */
function isOneOf(principals: string, email: string): boolean {
  const patterns = principals.split(',').map((it) =>
    it
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  );
  const matches = (pattern: string) => globMatches(pattern, email.toLowerCase());
  const isExcluded = patterns.some((it) => it.startsWith('!') && matches(it.slice(1)));
  return !isExcluded && patterns.some((it) => !it.startsWith('!') && matches(it));
}
