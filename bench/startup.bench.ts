/** Whole commands against `node -e 0`, in turn. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 25;
const folder = workFolder();
const program = resolve('dist/vports.cjs');
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  VPORTS_HOST_LOG: join(folder, 'host.git'),
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
};
const run = (...args: string[]) => execFileSync(process.execPath, args, { env, stdio: 'ignore' });
for (let index = 0; index < 40; index++) run(program, 'allocate', `service-${index}`);

console.log(machine(folder), '\n');
const commands: Record<string, () => void> = {
  'node -e 0': () => run('-e', '0'),
  'vports get service-7': () => run(program, 'get', 'service-7'),
  'vports check 25000': () => run(program, 'check', '25000'),
  'vports list': () => run(program, 'list'),
  'vports allocate service-7 (held already)': () => run(program, 'allocate', 'service-7'),
};
const taken = Object.fromEntries(Object.keys(commands).map((name) => [name, [] as number[]]));
for (let round = 0; round < RUNS; round++) {
  for (const [name, command] of Object.entries(commands)) taken[name]!.push(...(await time(1, command)));
}
const base = median(taken['node -e 0']!);
print(
  Object.entries(taken).map(([command, values]) => ({
    command,
    'median (ms)': median(values).toFixed(0),
    'times node -e 0': (median(values) / base).toFixed(2),
  })),
);
