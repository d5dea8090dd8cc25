import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { checkAnswer } from '../src/cli/port-answers.js';
import { readFlags } from '../src/cli/read-flags.js';

export default class Check extends VportsCommand {
  static override summary = 'Ask whether a port is free, in the registry and on this machine';
  static override description =
    'Exit 0 where it is free (or, with --for, held by that resource), 1 where it is not. Of several ports 0 where all are.';
  static override examples = [
    '<%= config.bin %> check 25000',
    '<%= config.bin %> check 25000 --for web',
    '<%= config.bin %> check 3000-3010',
    '<%= config.bin %> check web',
  ];
  static override args = {
    what: Args.string({
      required: true,
      description: 'a port, FROM-TO, or a resource for all that it holds',
    }),
  };
  static override flags = {
    ...readFlags,
    for: Flags.string({ description: 'ask on behalf of this resource' }),
    verbose: Flags.boolean({ char: 'v', description: 'also what is so anywhere: IANA, NodePort' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Check);
    await this.onRegistry(flags, (registry) => checkAnswer(registry, args.what, flags));
  }
}
