import os from 'node:os';
import { join } from 'node:path';
import { loadCompiled } from './compiled-code.js';

/** Starts dist/cli.cjs with the code that V8 compiled when this user last ran the same command. Any failure prints one line. */
interface Program {
  main(argv: string[]): Promise<void>;
}

const argv = process.argv.slice(2);
if (__filename.endsWith('port-registry.cjs')) argv.unshift('port-registry');
process.on('uncaughtException', fail);
// For a uid without a passwd entry (containers) os.homedir() throws, and libraries call it while they load.
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

/** Node would print the source line, which is the whole minified program. */
function fail(error: unknown): never {
  const { message, stack, code } = error as NodeJS.ErrnoException;
  const isSystemError = ['EMFILE', 'ENFILE', 'ENOSPC', 'EIO', 'EACCES', 'EROFS', 'ENOMEM'].includes(
    code ?? '',
  );
  process.stderr.write(`error: vports failed to start: ${String(message).slice(0, 500)}\n`);
  process.stderr.write(
    process.env.VPORTS_DEBUG
      ? `${stack}\n`
      : isSystemError
        ? '  fix the system error and try again\n'
        : '  please report it with the command you ran; VPORTS_DEBUG=1 shows where it happened\n',
  );
  process.exit(isSystemError ? 73 : 70);
}
