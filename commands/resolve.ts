import { VportsCommand } from '../src/cli/command.js';
import { Flags } from '../src/cli/oclif.js';
import { requestFacts, writeFlags } from '../src/cli/write-flags.js';
import { renderResolved, storyOfResolved } from '../src/render/resolve.js';

export default class Resolve extends VportsCommand {
  static override summary = 'Resolve a conflict that stopped a merge or rebase of the registry';
  static override description =
    'The shared branch keeps its ports; conflicting commands of your branch are redone on other ports, including their documents. You make the commit. With --branch, merges the shared branch into that branch, resolves, commits and pushes, without a checkout.';
  static override examples = [
    'git merge main; <%= config.bin %> resolve && git commit --no-edit',
    '<%= config.bin %> resolve --branch web-ports',
    '<%= config.bin %> resolve --branch web-ports --rebase',
  ];
  static override flags = {
    keep: Flags.string({ description: 'let this resource keep its port, whichever side it is on' }),
    branch: Flags.string({ description: 'merge the shared branch into this branch of the registry' }),
    rebase: Flags.boolean({
      description: 'build the branch anew as one commit on the shared branch, for hosts that refuse merges',
      dependsOn: ['branch'],
    }),
    'dry-run': Flags.boolean({ description: 'only show which resources would move' }),
    reason: writeFlags.reason,
    docs: writeFlags.docs,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Resolve);
    await this.onRegistry(flags, async (registry) => {
      const { warnings, request, ...resolved } = await registry.resolve({
        ...flags,
        dryRun: flags['dry-run'],
      });
      return {
        text: renderResolved(resolved, flags['dry-run']),
        json: {
          ...resolved,
          commit: resolved.commit ?? null,
          ...requestFacts(request),
          warnings,
          ...(flags['dry-run'] && { dryRun: true }),
        },
        notes: storyOfResolved(
          { ...resolved, request },
          { remote: registry.remote, dryRun: flags['dry-run'] },
        ),
        warnings,
      };
    });
  }
}
