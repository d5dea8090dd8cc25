import { VportsCommand } from '../../src/cli/command.js';
import { Args, Flags } from '../../src/cli/oclif.js';
import { answerTo, boundsFrom, policyWriteFlags } from '../../src/cli/policy-answer.js';

export default class PolicyMoveRange extends VportsCommand {
  static override summary = 'Give a range of the policy new bounds, in a commit';
  static override description =
    'Held ports that end up outside every range keep their holders, after a confirmation. With --reassign they move into the new bounds instead, in the same commit; `vports docs` then updates the documents of a project.';
  static override examples = [
    '<%= config.bin %> policy move-range games 13000-13099 --reassign',
    '<%= config.bin %> policy move-range games 12000-12199',
  ];
  static override args = {
    id: Args.string({ required: true, description: 'id of the range, as shown by `vports ranges`' }),
    ports: Args.string({ required: true, description: 'the new bounds: FROM-TO' }),
  };
  static override flags = {
    ...policyWriteFlags,
    reassign: Flags.boolean({
      description: 'move the claims that end up outside into the new bounds, in the order of their numbers',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyMoveRange);
    const bounds = boundsFrom(args.ports);
    const { reassign } = flags;
    await this.onRegistry(flags, (registry) =>
      answerTo(registry, (options) => registry.moveRange(args.id, bounds, { ...options, reassign }), flags),
    );
  }
}
