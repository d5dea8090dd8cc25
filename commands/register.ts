import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { grantsAnswer } from '../src/cli/port-answers.js';
import { commonOptions, writeFlags } from '../src/cli/write-flags.js';

export default class Register extends VportsCommand {
  static override summary = 'Register a port that a resource already uses';
  static override examples = [
    '<%= config.bin %> register grafana 25300',
    '<%= config.bin %> register legacy http=8080 --allow-outside-policy --reason "moves in March"',
  ];
  static override strict = false;
  static override args = {
    resource: Args.string({ required: true, description: 'the resource that uses the port' }),
    port: Args.string({ required: true, description: 'PORT, or NAME=PORT; several may follow' }),
  };
  static override flags = {
    ...writeFlags,
    'allow-outside-policy': Flags.boolean({
      description: 'allow a reserved port, or one outside every range',
    }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
    owner: Flags.string({ description: 'the team or person responsible for it' }),
  };

  async run(): Promise<void> {
    const { args, argv, flags } = await this.parse(Register);
    const options = {
      ...commonOptions(flags),
      allowOutsidePolicy: flags['allow-outside-policy'],
      owner: flags.owner,
    };
    const ports = argv.slice(1);
    await this.onRegistry(flags, async (registry) =>
      grantsAnswer(registry, await registry.register(args.resource, ports, options), flags),
    );
  }
}
