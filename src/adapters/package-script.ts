import { join } from 'node:path';
import { attempt } from '../attempt.js';
import { readRegularText } from '../files/regular-file.js';

export interface PackageScript {
  /** Program and arguments of the last command in the script, to which the package manager appends further arguments. */
  words: string[];
  /** Has to precede such arguments: npm would take options for its own. */
  before: string[];
}

/** Scripts that run without `run`. */
const SHORT = ['start', 'test', 'stop', 'restart'];
/** Subcommands, no scripts. */
const OWN_COMMANDS = ['install', 'add', 'remove', 'exec', 'dlx', 'x', 'create', 'init', 'update', 'publish'];

/** The script started by `npm run dev`, `pnpm dev` and the like in `cwd`; undefined for any other command. */
export function packageScript(
  command: readonly string[],
  program: string,
  cwd: string,
): PackageScript | undefined {
  const name = scriptName(program, command.slice(1));
  if (name === undefined) return undefined;
  const scripts: unknown = attempt(() => JSON.parse(readRegularText(join(cwd, 'package.json'))).scripts);
  const [, script] = Object.entries(scripts ?? {}).find(([key]) => key === name) ?? [];
  const words = typeof script === 'string' ? lastCommand(script) : undefined;
  if (!words) return undefined;
  return { words, before: program === 'npm' && !command.includes('--') ? ['--'] : [] };
}

function scriptName(program: string, args: string[]): string | undefined {
  if (!['npm', 'pnpm', 'yarn', 'bun'].includes(program)) return undefined;
  const [first, second] = args;
  if (first === 'run' || (first === 'run-script' && program === 'npm')) return second;
  if (program === 'npm') return SHORT.find((it) => it === first);
  return first === undefined || first.startsWith('-') || OWN_COMMANDS.includes(first) ? undefined : first;
}

/** The command that receives further arguments; undefined if that takes more than splitting the text. */
function lastCommand(script: string): string[] | undefined {
  const last = script.split(/&&|;/).at(-1)!.trim();
  return /[|&<>()`$\n]/.test(last) ? undefined : last.split(/\s+/).filter(Boolean);
}
