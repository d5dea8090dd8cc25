import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';
import { VportsError } from '../src/errors.js';
import { ENVIRONMENT_FORMATS, environmentOf, renderEnvironment } from '../src/render/environment.js';

export default class Env extends VportsCommand {
  static override summary = 'Print the ports of a resource as environment variables';
  static override examples = [
    'eval "$(<%= config.bin %> env web)"',
    '<%= config.bin %> env web --format fish | source',
    '<%= config.bin %> env web --format powershell | Out-String | Invoke-Expression',
    '<%= config.bin %> env web --format dotenv > .env',
    '<%= config.bin %> env web --format compose --container 8080',
  ];
  static override args = { resource: Args.string({ required: true, description: 'whose ports' }) };
  static override flags = {
    ...readFlags,
    format: Flags.option({ options: ENVIRONMENT_FORMATS, default: 'shell' })({
      description: 'for a POSIX shell, fish or PowerShell, an env file, a program, or a compose file',
    }),
    container: Flags.string({
      multiple: true,
      description: 'PORT or NAME=PORT that the program listens on inside its container',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Env);
    if (flags.container && flags.format !== 'compose') {
      throw new VportsError('BAD_USAGE', `--container means nothing for the format ${flags.format}`, {
        hint: 'it says what a program listens on inside: add --format compose',
      });
    }
    await this.onRegistry(flags, async (registry) => {
      const ports = await registry.environment(args.resource, { at: flags.at, container: flags.container });
      return {
        text: renderEnvironment(args.resource, ports, flags.format),
        json: { env: environmentOf(ports) },
        warnings: registry.variableWarnings(args.resource),
      };
    });
  }
}
