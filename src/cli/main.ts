import { parsePort } from '../../events/port.js';
import { escapeControlCharacters, safeJson } from '../control-characters.js';
import { badUsage, EXIT_CODES, type VportsError } from '../errors.js';
import { nearest } from '../nearest.js';
import { asVportsError } from './command.js';

declare const VPORTS_VERSION: string;

/** By id (words joined by colons); each command is loaded on demand. */
export type Commands = Record<string, { run(argv: string[]): Promise<void> }>;

/** Common guesses, and the commands to suggest for them. */
const MEANT: Record<string, string> = {
  free: '`vports release` or `vports kill`',
  move: '`vports reassign NAME --to PORT`',
  rename: '`vports allocate NEW --port PORT` after `vports release OLD`',
};

const SHORT: Record<string, string> = { ls: 'list', rm: 'release', add: 'allocate' };

/** Runs one command and ends the process. */
export async function main(argv: string[], commands: Commands): Promise<void> {
  process.stdout.prependListener('error', endQuietly);
  process.stderr.prependListener('error', () => undefined);
  // With a promise that never settles, node would exit 0 in silence.
  let done = false;
  process.once('beforeExit', () => {
    if (!done) sayFailed(new Error('it stopped in the middle'), argv);
    // Exiting now saves the time node needs to free its memory.
    process.exit();
  });
  await runProgram(argv, commands);
  done = true;
}

/** Leaves nothing in the process but the output and the exit code, so it can be called repeatedly. */
export async function runProgram(argv: string[], commands: Commands): Promise<void> {
  try {
    await runCommand(argv, commands);
  } catch (error) {
    sayFailed(error as Error, argv);
  }
}

async function runCommand(argv: string[], commands: Commands): Promise<void> {
  const [typed = '', second = ''] = argv;
  if (['--version', '-V', 'version'].includes(typed)) {
    const versions = `vports/${VPORTS_VERSION} ${process.platform}-${process.arch} node-${process.version}`;
    return void process.stdout.write(`${versions}\n`);
  }
  if (parsePort(typed)) return runCommand(['who', ...argv], commands);
  const first = Object.hasOwn(SHORT, typed) ? SHORT[typed]! : typed;
  // What follows `run` may be a command with a --help of its own.
  const end = first === 'run' ? 2 : argv.includes('--') ? argv.indexOf('--') : undefined;
  const asked = argv.slice(0, end);
  if (first === '' || first === 'help' || asked.includes('--help') || asked.includes('-h'))
    return help(first === 'help' ? argv.slice(1) : asked, commands);
  const inTopic = `${first}:${second}`;
  if (Object.hasOwn(commands, inTopic)) return commands[inTopic]!.run(argv.slice(2));
  if (Object.hasOwn(commands, first)) return commands[first]!.run(argv.slice(1));
  const isTopic = Object.keys(commands).some((id) => id.startsWith(`${first}:`));
  if (isTopic && second === '') return help(argv, commands);
  throw unknownCommand(isTopic ? `${first} ${second}` : first, commands);
}

function unknownCommand(words: string, commands: Commands): VportsError {
  const [first = ''] = words.split(' ');
  const isTopic = words !== first;
  const known = Object.keys(commands)
    .filter((id) => id !== 'complete')
    .map((id) => id.replace(':', ' '));
  const near = nearest(words, isTopic ? known : known.flatMap((it) => [it, it.split(' ')[0]!]));
  if (first.startsWith('-'))
    return badUsage(
      `expected a command before ${JSON.stringify(first.slice(0, 80))}`,
      'options follow the command, like `vports list --json`; see `vports --help`',
    );
  const [likely] = [Object.hasOwn(MEANT, first) ? MEANT[first] : near && `\`vports ${near}\``];
  const meant = likely === undefined ? undefined : `did you mean ${likely}?`;
  return badUsage(
    `unknown command \`${words}\``,
    meant ?? (isTopic ? `see \`vports ${first} --help\`` : 'see `vports --help`'),
  );
}

async function help(argv: string[], commands: Commands): Promise<void> {
  const [typed = '', ...others] = argv.filter((it) => !it.startsWith('-'));
  const first = Object.hasOwn(SHORT, typed) ? SHORT[typed]! : typed;
  const [second] = others;
  const ids = Object.keys(commands);
  const isTopic = ids.some((id) => id.startsWith(`${first}:`));
  if (isTopic && second !== undefined && !ids.includes(`${first}:${second}`))
    throw unknownCommand(`${first} ${second}`, commands);
  if (first !== '' && !isTopic && !ids.includes(first)) throw unknownCommand(first, commands);
  const { showHelp } = await import('./help.js');
  await showHelp([first, ...others].filter(Boolean).slice(0, isTopic ? 2 : 1), argv.includes('--all'));
}

function sayFailed(error: Error, argv: string[]): void {
  const reported = asVportsError(error);
  if (argv.includes('--json')) process.stdout.write(`${safeJson({ error: reported }, 2)}\n`);
  else process.stderr.write(`${escapeControlCharacters(`error: ${reported.message}\n  ${reported.hint}`)}\n`);
  process.exitCode = reported.exitCode;
}

/** In `vports log | head` the reader is gone, which is fine. With any other error the answer is lost. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.stderr.write(`error: cannot write the output (${error.code}); the command itself was completed\n`);
  process.exit(EXIT_CODES.CANNOT_WRITE);
}
