/** Whole commands on registries of 1,000, 10,000 and 100,000 events with as many ports held, warm and cold. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateHistory } from './generate-history.js';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 11;
const SIZES = (process.env.BENCH_EVENTS ?? '1000,10000,100000').split(',').map(Number);
const folder = workFolder();
const program = resolve('dist/vports.cjs');
const env = { PATH: process.env.PATH, HOME: folder };
console.log(machine(folder), '\n');

const vports = (path: string, args: string[]) =>
  spawnSync(process.execPath, [program, ...args, '--registry', path], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });

const registries = [];
for (const events of SIZES) {
  const path = join(folder, `${events}.git`);
  await generateHistory(path, {
    events,
    live: 500,
    from: Date.parse('2023-11-01'),
    to: Date.parse('2026-11-01'),
  });
  const [port] = vports(path, ['log', '-n', '1', '--format', 'csv'])
    .stdout.split('\n')[1]!
    .split(',')
    .slice(2);
  registries.push({ events, path, port: port! });
}

const COMMANDS: Record<string, (port: string) => string[]> = {
  list: () => ['list'],
  who: (port) => ['who', port],
  'log -n 20': () => ['log', '-n', '20'],
  'list --at a date in the middle': () => ['list', '--at', '2025-05-01'],
  // By then the smallest one has grown to as many held ports as the others.
  'list --at a date when all hold as many': () => ['list', '--at', '2026-05-01'],
};
const warm = new Map<string, number[][]>();
for (const [name, args] of Object.entries(COMMANDS)) {
  const taken: number[][] = registries.map(() => []);
  for (const { path, port } of registries) vports(path, args(port));
  // In turn, so that a machine that grows slower does so for all of them.
  for (let run = 0; run < RUNS; run++)
    for (const [index, { path, port }] of registries.entries())
      taken[index]!.push(...(await time(1, () => vports(path, args(port)))));
  warm.set(name, taken);
}
print(
  [...warm].map(([command, taken]) => {
    const [first, ...others] = taken.map(median);
    return {
      'warm command': command,
      [`${SIZES[0]} events (ms)`]: first!.toFixed(0),
      ...Object.fromEntries(
        others.map((it, index) => [`${SIZES[index + 1]}: times that`, (it / first!).toFixed(2)]),
      ),
    };
  }),
);

console.log('\nCold, after deleting the cache, against `git cat-file --batch` reading the same events:\n');
const rows = [];
for (const { events, path } of registries) {
  const oids = execFileSync('git', ['-C', path, 'ls-tree', '-r', 'main:events'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
    .split('\n')
    .flatMap((line) => line.split(/\s/)[2] ?? []);
  const input = join(folder, 'oids');
  writeFileSync(input, `${oids.join('\n')}\n`);
  const [cold, read]: [number[], number[]] = [[], []];
  for (let run = 0; run < 5; run++) {
    rmSync(join(path, 'vports/cache'), { recursive: true, force: true });
    cold.push(...(await time(1, () => vports(path, ['list']))));
    read.push(
      ...(await time(1, () =>
        spawnSync('sh', ['-c', `git -C '${path}' cat-file --batch < '${input}' > /dev/null`], { env }),
      )),
    );
  }
  rmSync(join(path, 'vports/cache'), { recursive: true, force: true });
  const first = await time(1, () => vports(path, ['log', '-n', '20']));
  const memory = join(folder, 'memory');
  rmSync(join(path, 'vports/cache'), { recursive: true, force: true });
  const report =
    "process.on('exit', () => require('fs').writeFileSync(process.env.MEMORY, String(process.resourceUsage().maxRSS)))";
  spawnSync(
    process.execPath,
    ['-r', put('report.cjs', report), program, 'log', '-n', '20', '--registry', path],
    {
      env: { ...env, MEMORY: memory },
    },
  );
  rows.push({
    events,
    'cold list (ms)': median(cold).toFixed(0),
    'git cat-file (ms)': median(read).toFixed(0),
    times: (median(cold) / median(read)).toFixed(2),
    'first log (ms)': first[0]!.toFixed(0),
    'its memory (MB)': (Number(readFileSync(memory, 'utf8')) / 1024).toFixed(0),
  });
}
print(rows);

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
