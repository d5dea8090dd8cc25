import { VportsCommand } from '../src/cli/command.js';
import { conflictFlag, hereFlags, runFlags, waitOf } from '../src/cli/here-flags.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { CHOOSES_PORT } from '../src/cli/write-flags.js';
import { badUsage, EXIT_CODES } from '../src/errors.js';

export default class Exec extends VportsCommand {
  static override summary = 'Run a command with the ports of one or more resources';
  static override description =
    "Puts all ports of the resources into the command's environment. Missing ports of the first resource are leased while the command runs and released when it ends. Without a resource, uses this folder's, as `run` does. Exits with the command's exit code, 125 if vports itself fails, 126 if the command cannot be executed, 127 if it is not found.";
  static override examples = [
    'vports exec web -- npm start',
    'vports exec web db --wait -- npm start',
    'vports exec e2e@$CI_JOB_ID --port api -- npm test',
    'vports exec web --env PORT=api -- npm start',
  ];
  static override usage = 'exec [RESOURCE…] [OPTION…] -- COMMAND…';
  static override strict = false;
  static override args = {
    resource: Args.string({ description: 'resource(s) to use, then -- and the command' }),
  };
  static override flags = {
    ...hereFlags,
    ...runFlags,
    port: Flags.string({
      multiple: true,
      description: `${CHOOSES_PORT}; default: the ports it holds and those of service.json, or main`,
    }),
    ...conflictFlag,
  };

  async run(): Promise<void> {
    const split = this.argv.indexOf('--');
    const command = split < 0 ? [] : this.argv.slice(split + 1);
    const { argv, flags } = await this.parse(Exec, split < 0 ? this.argv : this.argv.slice(0, split));
    if (!command[0]) {
      throw badUsage('no command given', `vports exec ${argv.slice(0, 3).join(' ') || 'web'} -- COMMAND…`);
    }
    const { resource, instance, share, env, port: ports, 'on-conflict': onConflict } = flags;
    const request = { resources: argv, resource, instance, share, env, ports, onConflict, command };
    await this.onRegistry(flags, async (registry) => ({
      exit: await registry.run({ ...request, wait: waitOf(flags) }, (line) => flags.quiet || this.note(line)),
    }));
  }

  /** An error before the command starts must not look like the command's own exit code. */
  protected override async catch(error: Error): Promise<void> {
    await super.catch(error);
    if (process.exitCode !== EXIT_CODES.CANNOT_RUN && process.exitCode !== EXIT_CODES.NO_COMMAND)
      process.exitCode = 125;
  }
}
