import { basename } from 'node:path';
import { ADAPTERS, type Adapter } from './adapters.js';
import { packageScript } from './package-script.js';

/** Programs that only run another program, with the subcommands that do so. */
const RUNNERS: Record<string, readonly (string | undefined)[]> = {
  npx: [undefined],
  bunx: [undefined],
  npm: ['exec', 'x'],
  pnpm: ['exec', 'dlx'],
  yarn: ['exec', 'dlx'],
  bun: ['x'],
  'cross-env': [undefined],
  env: [undefined],
};

/**
 * Adds the option that sets the port, for a program that does not read PORT. Looks through scripts of package.json, `npx` and the like.
 * A port that is already set stays.
 */
export function withPortOption(command: readonly string[], port: number, cwd = process.cwd()): string[] {
  const script = packageScript(command, programOf(command[0]), cwd);
  const found = adapterFor(script?.words ?? command);
  if (!found) return [...command];
  const { adapter, args } = found;
  const extra = script ? command.slice(1) : [];
  const isPortSet = isSet(adapter, script ? extra : args) || (!adapter.lastHolds && isSet(adapter, args));
  const flags = isPortSet ? undefined : adapter.flags(args, port);
  return flags ? [...command, ...(script?.before ?? []), ...flags] : [...command];
}

/** What keeps a command's port from the programs that it starts, in words; undefined where nothing does. */
export async function portDropped(
  command: readonly string[],
  cwd = process.cwd(),
): Promise<string | undefined> {
  const script = packageScript(command, programOf(command[0]), cwd);
  for (let rest: string[] | undefined = [...(script?.words ?? command)]; rest?.length; ) {
    const program = programOf(rest[0]);
    if (program === 'turbo') {
      const { droppedByTurbo } = await import('./turbo.js');
      return droppedByTurbo([...rest.slice(1), ...(script ? command.slice(1) : [])], cwd);
    }
    rest = innerCommand(program, rest.slice(1));
  }
  return undefined;
}

function adapterFor(words: readonly string[]): { adapter: Adapter; args: string[] } | undefined {
  let rest = [...words];
  for (;;) {
    const program = programOf(rest[0]);
    const adapter = ADAPTERS.find(({ programs }) => programs.includes(program));
    if (adapter) return { adapter, args: rest.slice(1) };
    const inner = innerCommand(program, rest.slice(1));
    if (!inner) return undefined;
    rest = inner;
  }
}

/** Skips a runner's own options and assignments of variables. */
function innerCommand(program: string, args: string[]): string[] | undefined {
  if (/^[A-Za-z_]\w*=/.test(program)) return args;
  const commands = Object.hasOwn(RUNNERS, program) ? RUNNERS[program]! : [];
  if (commands.length === 0 || (commands[0] !== undefined && !commands.includes(args[0]))) return undefined;
  const after = commands[0] === undefined ? args : args.slice(1);
  const start = after.findIndex((it) => !it.startsWith('-') && !/^[A-Za-z_]\w*=/.test(it));
  return start < 0 ? undefined : after.slice(start);
}

function isSet({ options }: Adapter, args: readonly string[]): boolean {
  return args.some((it) => options.some((option) => it === option || it.startsWith(`${option}=`)));
}

/** `vite` for `node_modules/.bin/vite` and `vite.cmd`; an assignment of a variable is returned unchanged. */
function programOf(word = ''): string {
  return /^[A-Za-z_]\w*=/.test(word)
    ? word
    : basename(word.replaceAll('\\', '/')).replace(/\.(cmd|exe|ps1)$/i, '');
}
