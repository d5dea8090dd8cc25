import os from 'node:os';
import { join } from 'node:path';
import { loadCompiled } from './compiled-code.js';

/** Starts dist/cli.cjs with what V8 compiled when this user last ran the same command. Whatever fails here is one line. */
interface Program {
  main(argv: string[]): Promise<void>;
}

const argv = process.argv.slice(2);
if (__filename.endsWith('port-registry.cjs')) argv.unshift('port-registry');
process.on('uncaughtException', fail);
// A container's bare uid has no home on record. Libraries ask for it as they are loaded, and node throws.
const { homedir } = os;
os.homedir = () => {
  try {
    return homedir();
  } catch {
    return os.tmpdir();
  }
};
const { main } = loadCompiled(join(__dirname, 'cli.cjs'), argv[0] ?? '') as Program;
main(argv).catch(fail);

/** Node would print the line of code, which is as long as the program. */
function fail(error: unknown): never {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  const isOfTheSystem = ['EMFILE', 'ENFILE', 'ENOSPC', 'EIO', 'EACCES', 'EROFS', 'ENOMEM'].includes(
    code ?? '',
  );
  process.stderr.write(`error: vports could not go on: ${String(message).slice(0, 500)}\n`);
  process.stderr.write(
    process.env.VPORTS_DEBUG
      ? `${stack}\n`
      : isOfTheSystem
        ? '  try again once the system lets it\n'
        : '  please report it with the command you ran; VPORTS_DEBUG=1 shows where it happened\n',
  );
  process.exit(isOfTheSystem ? 73 : 70);
}
