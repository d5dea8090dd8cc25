import { type Finding, problem, warning } from '../../findings.js';
import { likelyHost } from '../../forge/index.js';
import { openRepository } from '../../log/git/index.js';
import { withRangeOwners } from '../../policy/code-owners.js';
import type { View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import { ownerFiles } from '../state/owner-files.js';
import { writeFiles } from './write.js';

/** Whether CODEOWNERS has the owners of ranges that the policy names. Hosts look for it at the root of a repository only. */
export async function ownersThatDiffer(logs: Logs, { policyFault }: View): Promise<Finding[]> {
  if (logs.embedded || policyFault !== undefined) return [];
  const file = await ownersFile(logs);
  if (!file || file.text === file.wanted) return [];
  if (file.wanted === undefined)
    return [
      problem(
        'OWNERS_DIFFER',
        `the block of vports in ${file.path} has no end`,
        'end it with the line `# vports: end`',
      ),
    ];
  const message = `${file.path} does not have the owners of ranges that policy.json names`;
  return [
    warning('OWNERS_DIFFER', message, 'bring it in step, in a commit, with `vports doctor --fix`', true),
  ];
}

export async function bringOwners(logs: Logs): Promise<void> {
  await writeFiles(logs, 'ask the owners of ranges about their ports', async () => {
    const file = await ownersFile(logs);
    return file?.wanted === undefined || file.wanted === file.text
      ? []
      : [{ path: file.path, content: file.wanted }];
  });
}

interface OwnersFile {
  path: string;
  text: string;
  wanted: string | undefined;
}

/** The file that has a block already, else the first one. */
async function ownersFile(logs: Logs): Promise<OwnersFile | undefined> {
  const repository = openRepository(logs.place.path);
  if (repository.prefix !== '') return undefined;
  const { policy, head } = await (await logs.registry()).reader.state();
  const remote = logs.remote();
  const host = policy.host ?? (remote && likelyHost(remote.url));
  const found = await ownerFiles(logs, head!);
  const file = found.find(({ text }) => text.includes('# vports: owners of ranges')) ?? found[0];
  if (!file) return undefined;
  const regExp = file.path.startsWith('.gitea/') || host === 'gitea' || host === 'forgejo';
  return { ...file, wanted: withRangeOwners(file.text, policy, { regExp }) };
}
