import { VportsCommand } from '../src/cli/command.js';
import { hereFlags, runFlags, waitOf } from '../src/cli/here-flags.js';
import { EXIT_CODES, VportsError } from '../src/errors.js';

export default class Run extends VportsCommand {
  static override summary = 'Run a command on the ports of this folder';
  static override description =
    "Puts the ports of this folder's resource into the command's environment, PORT among them, and tells those that do not read PORT by an option of theirs. In a linked git worktree they are the worktree's own. What is missing is leased to the folder, and stays. The exit code is the command's; 125 where vports itself fails, 126 where it cannot be run, 127 where it is not found.";
  static override examples = [
    '<%= config.bin %> run npm run dev',
    '<%= config.bin %> run --instance two npm run dev',
    '<%= config.bin %> run --env DATABASE_PORT=db --wait npm start',
  ];
  static override usage = 'run [OPTION…] [--] COMMAND…';
  static override strict = false;
  static override flags = { ...hereFlags, ...runFlags };

  /** What stands behind the first word that is no option of ours is the command's own. */
  constructor(argv: string[]) {
    super(withCommandApart(argv));
  }

  async run(): Promise<void> {
    const split = this.argv.indexOf('--');
    const command = this.argv.slice(split + 1);
    const { flags } = await this.parse(Run, this.argv.slice(0, split));
    if (!command[0]) {
      throw new VportsError('BAD_USAGE', 'no command to run', { hint: 'vports run npm run dev' });
    }
    const { resource, instance, share, env } = flags;
    const request = { resource, instance, share, env, wait: waitOf(flags), keeps: true, command };
    await this.onRegistry(flags, async (registry) => ({
      exit: await registry.run(request, (line) => flags.quiet || this.tell(line)),
    }));
  }

  /** Whatever goes wrong before the command runs must not look like an exit code of the command. */
  protected override async catch(error: Error): Promise<void> {
    await super.catch(error);
    if (process.exitCode !== EXIT_CODES.CANNOT_RUN && process.exitCode !== EXIT_CODES.NO_COMMAND)
      process.exitCode = 125;
  }
}

function withCommandApart(argv: string[]): string[] {
  const own: Record<string, { type: string; char?: string }> = { ...VportsCommand.baseFlags, ...Run.flags };
  let at = 0;
  for (; at < argv.length && argv[at]!.startsWith('-') && argv[at] !== '--'; at++) {
    const flag = /^--([^=]+)$/.exec(argv[at]!)?.[1];
    if (flag !== undefined && Object.hasOwn(own, flag) && own[flag]!.type === 'option') at++;
  }
  return argv[at] === '--' ? argv : [...argv.slice(0, at), '--', ...argv.slice(at)];
}
