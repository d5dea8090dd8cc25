// Preloaded into a real vports: ends it with SIGKILL right before its KILL_AT-th change to the file system.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const reads = (flags) =>
  typeof flags === 'number' ? (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0 : flags === 'r';

let left = Number(process.env.KILL_AT);
for (const name of [
  'writeFileSync',
  'renameSync',
  'linkSync',
  'unlinkSync',
  'rmSync',
  'rmdirSync',
  'mkdirSync',
  'appendFileSync',
  'openSync',
  'copyFileSync',
]) {
  const real = fs[name];
  fs[name] = (...args) => {
    const changes = name !== 'openSync' || !reads(args[1] ?? 'r');
    if (changes && --left === 0) process.kill(process.pid, 'SIGKILL');
    return real.apply(fs, args);
  };
}
syncBuiltinESMExports();
