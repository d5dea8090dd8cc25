import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { CHOOSES_PORT, commonOptions, writeAnswer, writeFlags } from '../src/cli/write-flags.js';

export default class Describe extends VportsCommand {
  static override summary = 'Set the owner of a port, or the reason it is held';
  static override examples = [
    '<%= config.bin %> describe web --owner team-web --reason "customer front end"',
    `<%= config.bin %> describe 'web*' --to-project github.com/acme/shop`,
  ];
  static override strict = false;
  static override args = {
    resource: Args.string({
      required: true,
      description: 'the resource(s): names and globs, in one commit',
    }),
  };
  static override flags = {
    ...writeFlags,
    port: Flags.string({ description: `${CHOOSES_PORT}; default: all its ports` }),
    owner: Flags.string({ description: 'the team or person responsible for it' }),
    'to-project': Flags.string({
      description: 'hand the port over to this project, like github.com/acme/shop',
    }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Describe);
    const options = {
      ...commonOptions(flags),
      port: flags.port,
      owner: flags.owner,
      toProject: flags['to-project'],
    };
    await this.onRegistry(flags, async (registry) => {
      const { described, ...outcome } = await registry.describe(argv, options);
      return writeAnswer(registry, outcome, { text: '', json: { described } }, flags);
    });
  }
}
