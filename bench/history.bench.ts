/** Whole commands on registries of 1,000, 10,000 and 100,000 events with as many ports held, warm and cold. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateHistory } from './generate-history.js';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 7;
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

/** How long a command takes with nothing in the cache, in milliseconds, and the most memory its own process had, in MB. */
async function cold(path: string, args: string[]): Promise<{ took: number; memory: number }> {
  rmSync(join(folder, '.cache/vports/log'), { recursive: true, force: true });
  const memory = join(folder, 'memory');
  const report =
    "process.on('exit', () => require('fs').writeFileSync(process.env.MEMORY, String(process.resourceUsage().maxRSS)))";
  const command = ['-r', put('report.cjs', report), program, ...args, '--registry', path];
  const [took] = await time(1, () =>
    spawnSync(process.execPath, command, { env: { ...env, MEMORY: memory }, maxBuffer: 2 ** 30 }),
  );
  return { took: took!, memory: Number(readFileSync(memory, 'utf8')) / 1024 };
}

console.log('\nWith nothing in the cache, each beside what git itself takes for the same, in turn:\n');
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
  const git = (args: string) =>
    time(1, () => spawnSync('sh', ['-c', `git -C '${path}' ${args} > '${join(folder, 'out')}'`], { env }));
  const pairs: [string, string[], string][] = [
    ['list', ['list'], `cat-file --batch < '${input}'`],
    ['log -n 20', ['log', '-n', '20'], 'log --raw --no-abbrev main'],
    ['verify', ['verify'], 'log --raw --no-abbrev main'],
  ];
  for (const [name, args, other] of pairs) {
    const taken: { took: number; memory: number; other: number }[] = [];
    for (let run = 0; run < (events > 200_000 ? 1 : 3); run++)
      taken.push({ ...(await cold(path, args)), other: (await git(other))[0]! });
    rows.push({
      events: events.toLocaleString('en'),
      command: name,
      'median (ms)': median(taken.map(({ took }) => took)).toFixed(0),
      'beside git': other.split(' <')[0]!,
      'that (ms)': median(taken.map((it) => it.other)).toFixed(0),
      times: median(taken.map((it) => it.took / it.other)).toFixed(2),
      'memory (MB)': median(taken.map(({ memory }) => memory)).toFixed(0),
    });
  }
}
print(rows);

function put(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
