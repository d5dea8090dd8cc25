import { EXIT_CODES } from '../errors.js';
import { packageRoot } from '../package-root.js';
import { plain, plainJson } from '../render/plain.js';
import { asVportsError } from './command.js';
import { Errors, run, settings } from './oclif.js';

/** What people type for what is called otherwise here. */
const MEANT: Record<string, string> = { free: '`vports release` or `vports kill`' };

/** The program: commands print and set the exit code themselves, this is for what comes before and beside them. */
export async function main(argv: string[]): Promise<void> {
  settings.enableAutoTranspile = false;
  // Before oclif's own, which throws.
  process.stdout.prependListener('error', endQuietly);
  process.stderr.prependListener('error', () => undefined);
  // A promise that nothing will settle lets node end in silence, with exit 0.
  let done = false;
  process.once('beforeExit', () => {
    if (!done) sayFailed(new Error('it stopped in the middle'), argv);
    // Nothing is left to do: node would end by itself, and first give back its memory page by page.
    process.exit();
  });
  const meant = Object.hasOwn(MEANT, argv[0] ?? '') ? MEANT[argv[0]!] : undefined;
  try {
    if (meant) throw new Errors.CLIError(`there is no command \`${argv[0]}\`\ndid you mean ${meant}?`);
    await run(argv, { root: packageRoot() });
  } catch (error) {
    if (error instanceof Errors.ExitError) {
      process.exitCode = error.oclif.exit ?? 0;
      return;
    }
    sayFailed(error as Error, argv);
  } finally {
    done = true;
  }
}

function sayFailed(error: Error, argv: string[]): void {
  const told = asVportsError(error);
  if (argv.includes('--json')) process.stdout.write(`${plainJson({ error: told }, 2)}\n`);
  else process.stderr.write(`${plain(`error: ${told.message}\n  ${told.hint}`)}\n`);
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
