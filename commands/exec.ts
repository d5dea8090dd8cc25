import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { VportsError } from '../src/errors.js';

export default class Exec extends VportsCommand {
  static override summary = 'Run a command on the ports of a resource';
  static override description =
    "Leases what is missing for as long as the command runs, puts the ports into its environment, and releases them at its end. The exit code is the command's; 125 where vports itself fails, 126 where it cannot be run, 127 where it is not found.";
  static override examples = [
    '<%= config.bin %> exec web -- npm start',
    '<%= config.bin %> exec e2e@$CI_JOB_ID --port api -- npm test',
  ];
  static override strict = false;
  static override args = {
    resource: Args.string({ required: true, description: 'whose ports, and behind -- the command' }),
  };
  static override flags = {
    port: Flags.string({
      multiple: true,
      description: 'the name of a port; default: those of service.json, or main',
    }),
    'on-conflict': Flags.option({ options: ['fail', 'move'] as const, default: 'fail' })({
      description: 'what to do where a stranger is on a port that the resource holds',
    }),
  };

  async run(): Promise<void> {
    const split = this.argv.indexOf('--');
    const command = split < 0 ? [] : this.argv.slice(split + 1);
    const { args, argv, flags } = await this.parse(Exec, split < 0 ? this.argv : this.argv.slice(0, split));
    if (argv.length > 1) {
      throw new VportsError(
        'BAD_USAGE',
        `${JSON.stringify(argv[1]!.slice(0, 80))} is one resource too many`,
        {
          hint: `the command comes behind --: vports exec ${args.resource} -- COMMAND…`,
        },
      );
    }
    if (!command[0]) {
      throw new VportsError('BAD_USAGE', 'no command to run', {
        hint: `vports exec ${args.resource} -- COMMAND…`,
      });
    }
    const request = { resource: args.resource, ports: flags.port, onConflict: flags['on-conflict'], command };
    await this.onRegistry(flags, async (registry) => ({
      exit: await registry.exec(request, (line) => this.tell(line)),
    }));
  }

  /** Whatever goes wrong before the command runs must not look like an exit code of the command. */
  protected override async catch(error: Error): Promise<void> {
    await super.catch(error);
    process.exitCode = 125;
  }
}
