/**
 * Whole commands against `node -e 0`, in turn: under this node, and under those that BENCH_NODES names (paths, with commas). Their
 * environment has nothing but what they need: what a machine adds to the start of every node hides what is ours.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { generateHistory } from './generate-history.js';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 11;
/** Ports that the large registry holds. */
const MANY = 20_000;
const folder = workFolder();
const program = resolve('dist/vports.cjs');
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  VPORTS_HOST_LOG: join(folder, 'host.git'),
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
};
const nodes = [process.execPath, ...(process.env.BENCH_NODES ?? '').split(',').filter(Boolean)];
const run = (node: string, ...args: string[]) => execFileSync(node, args, { env, stdio: 'ignore' });
for (let index = 0; index < 40; index++)
  run(process.execPath, program, 'allocate', `service-${index}`, '--range', 'business');

const large = join(folder, 'large.git');
const [from, to] = ['2023-11-01', '2026-11-01'].map(Date.parse) as [number, number];
await generateHistory(large, { events: MANY * 1.2, live: MANY, from, to });
const list = execFileSync(process.execPath, [program, 'list', '--registry', large, '--json'], {
  env,
  encoding: 'utf8',
  maxBuffer: 2 ** 30,
});
const [held] = (JSON.parse(list) as { ports: [{ resource: string }] }).ports;

const server = spawn(
  process.execPath,
  ['-e', "require('net').createServer().listen(30007, '127.0.0.1', () => console.log('listening'))"],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
process.on('exit', () => server.kill());
await once(server.stdout, 'data');

const commands: Record<string, string[]> = {
  'vports get service-7': [program, 'get', 'service-7'],
  'vports list': [program, 'list'],
  'vports check 25000': [program, 'check', '25000'],
  'vports who 30007': [program, 'who', '30007'],
  'vports allocate service-7 (held already)': [program, 'allocate', 'service-7'],
  [`vports get, where ${MANY.toLocaleString('en')} ports are held`]: [
    program,
    'get',
    held.resource,
    '--registry',
    large,
  ],
};
console.log(machine(folder), '\n');
const rows = Object.keys(commands).map((command) => ({ command }) as Record<string, string>);
for (const node of nodes) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  for (const args of Object.values(commands)) for (let warm = 0; warm < 2; warm++) run(node, ...args);
  for (const [index, args] of Object.values(commands).entries()) {
    const [own, ratios]: [number[], number[]] = [[], []];
    // A bare node before each: machines have fast and slow minutes.
    for (let round = 0; round < RUNS; round++) {
      const [bare] = await time(1, () => run(node, '-e', '0'));
      const [taken] = await time(1, () => run(node, ...args));
      own.push(taken!);
      ratios.push(taken! / bare!);
    }
    rows[index]![`${version} (ms)`] = median(own).toFixed(0);
    rows[index]![`${version}: times bare`] = median(ratios).toFixed(2);
  }
}
print(rows);
server.kill();
