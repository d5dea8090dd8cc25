import { VportsCommand } from '../src/cli/command.js';
import { conflictFlag, hereFlags, runFlags, waitOf } from '../src/cli/here-flags.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { badUsage, EXIT_CODES } from '../src/errors.js';

export default class Run extends VportsCommand {
  static override summary = 'Run a command with the ports of this folder';
  static override description =
    "Puts the ports of this folder's resource into the command's environment, including PORT, and passes the port as an option to programs that ignore PORT. Without a command, runs the script `dev`, else `start`, of the nearest package.json with its package manager. A single word is a script if that package.json has it, else a program; after `--` it is always a program. A linked git worktree has ports of its own. Missing ports are leased to the folder and stay leased. Exits with the command's exit code, 125 if vports itself fails, 126 if the command cannot be executed, 127 if it is not found.";
  static override examples = [
    'vports run',
    'vports run dev',
    'vports run npm run dev',
    'vports run --replace',
    'vports run --instance two npm run dev',
    'vports run --env DATABASE_PORT=db --wait npm start',
  ];
  static override usage = 'run [OPTION…] [--] [SCRIPT | COMMAND…]';
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'a script of package.json, or a program and its arguments' }),
  };
  static override flags = {
    ...hereFlags,
    ...runFlags,
    ...conflictFlag,
    replace: Flags.boolean({ description: 'stop the server that an earlier run of yours left on the port' }),
  };

  readonly #command: string[];
  readonly #isProgram: boolean;

  constructor(argv: string[]) {
    const { own, command, isProgram } = apart(argv);
    super(own);
    this.#command = command;
    this.#isProgram = isProgram;
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Run);
    const { resource, instance, share, env, replace } = flags;
    if (replace && flags['on-conflict'] !== undefined)
      throw badUsage('--replace and --on-conflict exclude each other', 'drop one of them');
    const onConflict = replace ? ('replace' as const) : flags['on-conflict'];
    const here = { resource, instance, share, env, wait: waitOf(flags), keeps: true };
    const request = { ...here, onConflict, command: this.#command, scripts: !this.#isProgram };
    await this.onRegistry(flags, async (registry) => ({
      exit: await registry.run(request, (line) => flags.quiet || this.note(line)),
    }));
  }

  /** An error before the command starts must not look like the command's own exit code. */
  protected override async catch(error: Error): Promise<void> {
    await super.catch(error);
    if (process.exitCode !== EXIT_CODES.CANNOT_RUN && process.exitCode !== EXIT_CODES.NO_COMMAND)
      process.exitCode = 125;
  }
}

/** Everything from the first word that is not an option of ours belongs to the command. */
function apart(argv: string[]): { own: string[]; command: string[]; isProgram: boolean } {
  const known: Record<string, { type: string; char?: string }> = { ...VportsCommand.baseFlags, ...Run.flags };
  let at = 0;
  for (; at < argv.length && argv[at]!.startsWith('-') && argv[at] !== '--'; at++) {
    const flag = /^--([^=]+)$/.exec(argv[at]!)?.[1];
    if (flag !== undefined && Object.hasOwn(known, flag) && known[flag]!.type === 'option') at++;
  }
  const isProgram = argv[at] === '--';
  return { own: argv.slice(0, at), command: argv.slice(isProgram ? at + 1 : at), isProgram };
}
