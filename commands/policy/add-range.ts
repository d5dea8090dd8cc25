import { VportsCommand } from '../../src/cli/command.js';
import { Args, Flags } from '../../src/cli/oclif.js';
import { boundsFrom, policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { addRangeToPolicy } from '../../src/registry/write/policy-change.js';

export default class PolicyAddRange extends VportsCommand {
  static override summary = 'Add a range to the policy, in a commit';
  static override examples = [
    `<%= config.bin %> policy add-range games 12000-12099 --title 'Game servers' --match 'game-*'`,
  ];
  static override args = {
    id: Args.string({
      required: true,
      description: 'id of the range: lower-case letters, digits and dashes',
    }),
    ports: Args.string({ required: true, description: 'FROM-TO' }),
  };
  static override flags = {
    ...policyWriteFlags,
    title: Flags.string({ description: 'what it is for; default: the id' }),
    group: Flags.string({ description: 'the group it is listed under', default: 'Others' }),
    match: Flags.string({
      multiple: true,
      description: 'resources matching this pattern are allocated there; may be repeated',
    }),
    owner: Flags.string({
      description:
        'who is asked about its ports; `doctor --fix` puts @name, @org/team or an address into CODEOWNERS',
    }),
    dynamic: Flags.boolean({ description: 'use it for leases' }),
    reserved: Flags.boolean({ description: 'allocate nothing from it' }),
    split: Flags.boolean({
      description: 'inside another range: make that one what is left of it; holders keep their ports',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyAddRange);
    const { match, dynamic, reserved, owner } = flags;
    const range = {
      id: args.id,
      title: flags.title ?? args.id,
      group: flags.group,
      ...boundsFrom(args.ports),
      ...(dynamic && { dynamic: true as const }),
      ...(reserved && { reserved: true as const }),
      ...(match && { match }),
      ...(owner !== undefined && { owner }),
    };
    await this.onRegistry(flags, (registry) =>
      policyAnswer(
        registry,
        (source) => addRangeToPolicy(source, range, flags),
        'add a range to the policy',
        flags,
      ),
    );
  }
}
