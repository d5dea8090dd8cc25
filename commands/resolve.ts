import { Flags } from '../src/cli/oclif.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { requestFacts, writeFlags } from '../src/cli/write-flags.js';
import { renderResolved, storyOfResolved } from '../src/render/resolve.js';

export default registryCommand({
  summary: 'Resolve a conflict that stopped a merge or rebase of the registry',
  description:
    'The shared branch keeps its ports; conflicting commands of your branch are redone on other ports, including their documents. You make the commit. With --branch, merges the shared branch into that branch, resolves, commits and pushes, without a checkout.',
  examples: [
    'git merge main; vports resolve && git commit --no-edit',
    'vports resolve --branch web-ports',
    'vports resolve --branch web-ports --rebase',
  ],
  flags: {
    keep: Flags.string({ description: 'let this resource keep its port, whichever side it is on' }),
    branch: Flags.string({ description: 'merge the shared branch into this branch of the registry' }),
    rebase: Flags.boolean({
      description: 'build the branch anew as one commit on the shared branch, for hosts that refuse merges',
      dependsOn: ['branch'],
    }),
    'dry-run': Flags.boolean({ description: 'only show which resources would move' }),
    reason: writeFlags.reason,
    docs: writeFlags.docs,
  },
  async answer(registry, { options }) {
    const { warnings, request, ...resolved } = await registry.resolve(options);
    return {
      text: renderResolved(resolved, options.dryRun),
      json: {
        ...resolved,
        commit: resolved.commit ?? null,
        ...requestFacts(request),
        warnings,
        ...(options.dryRun && { dryRun: true }),
      },
      notes: storyOfResolved({ ...resolved, request }, { remote: registry.remote, dryRun: options.dryRun }),
      warnings,
    };
  },
});
