import { parsePort } from '../../events/port.js';
import { escapeControlCharacters, safeJson } from '../control-characters.js';
import { EXIT_CODES, VportsError } from '../errors.js';
import { nearest } from '../nearest.js';
import { asVportsError } from './command.js';

declare const VPORTS_VERSION: string;

/** The class of each command, by its words with a colon between them; a command is loaded when it is asked for. */
export type Commands = Record<string, { run(argv: string[]): Promise<void> }>;

/** What people type for what is called otherwise here. */
const MEANT: Record<string, string> = { free: '`vports release` or `vports kill`' };

/** Shorter words for commands that are typed often. */
const SHORT: Record<string, string> = { ls: 'list', rm: 'release', add: 'allocate' };

/** The program as a process of its own: runs one command, and then ends. */
export async function main(argv: string[], commands: Commands): Promise<void> {
  process.stdout.prependListener('error', endQuietly);
  process.stderr.prependListener('error', () => undefined);
  // A promise that nothing will settle lets node end in silence, with exit 0.
  let done = false;
  process.once('beforeExit', () => {
    if (!done) sayFailed(new Error('it stopped in the middle'), argv);
    // Nothing is left to do: node would end by itself, and first give back its memory page by page.
    process.exit();
  });
  await runProgram(argv, commands);
  done = true;
}

/** Runs a command to its end. What it prints and the exit code are all that it leaves in the process: it may be called again. */
export async function runProgram(argv: string[], commands: Commands): Promise<void> {
  try {
    await runCommand(argv, commands);
  } catch (error) {
    sayFailed(error as Error, argv);
  }
}

async function runCommand(argv: string[], commands: Commands): Promise<void> {
  const [typed = '', second = ''] = argv;
  if (['--version', '-V', 'version'].includes(typed)) return void process.stdout.write(`${versions()}\n`);
  // A port alone asks who has it.
  if (parsePort(typed)) return runCommand(['who', ...argv], commands);
  const first = Object.hasOwn(SHORT, typed) ? SHORT[typed]! : typed;
  // Behind `run` stands a command whose options are its own.
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

/** `words`: one, or a topic's and another. */
function unknownCommand(words: string, commands: Commands): VportsError {
  const [first = ''] = words.split(' ');
  const isTopic = words !== first;
  // What programs call is nobody's typing error.
  const known = Object.keys(commands)
    .filter((id) => id !== 'complete')
    .map((id) => id.replace(':', ' '));
  const near = nearest(words, isTopic ? known : known.flatMap((it) => [it, it.split(' ')[0]!]));
  const [likely] = [Object.hasOwn(MEANT, first) ? MEANT[first] : near && `\`vports ${near}\``];
  const meant = likely === undefined ? undefined : `did you mean ${likely}?`;
  return new VportsError('BAD_USAGE', `there is no command \`${words}\``, {
    hint: meant ?? (isTopic ? `see \`vports ${first} --help\`` : 'see `vports --help`'),
  });
}

/** Of the command or the topic that is named; what stands behind a command is its own. */
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

function versions(): string {
  return `vports/${VPORTS_VERSION} ${process.platform}-${process.arch} node-${process.version}`;
}

function sayFailed(error: Error, argv: string[]): void {
  const told = error instanceof VportsError ? error : asVportsError(error);
  if (argv.includes('--json')) process.stdout.write(`${safeJson({ error: told }, 2)}\n`);
  else process.stderr.write(`${escapeControlCharacters(`error: ${told.message}\n  ${told.hint}`)}\n`);
  process.exitCode = told.exitCode;
}

/** `vports log | head`: the reader has gone, and there is nobody to tell. Anything else is an answer that got lost. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.stderr.write(
    `error: the answer could not be written (${error.code}); what it tells of has been done\n`,
  );
  process.exit(EXIT_CODES.CANNOT_WRITE);
}
