/** A remote with 2,000 open branches: the first look at it beside git's own fetch, and each allocation from then on. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { monotonicFactory } from 'ulid';
import { encodeEvent } from '../events/encoding.js';
import { eventPath } from '../events/event-path.js';
import { portKey } from '../events/port.js';
import { stamp } from '../src/log/append/stamp.js';
import { createRegistry } from '../src/log/create/create.js';
import { machine, median, print, time, workFolder } from './measure.js';

const BRANCHES = Number(process.env.BENCH_BRANCHES ?? 2_000);
const ROUNDS = 5;
const folder = workFolder();
console.log(machine(folder), '\n');
const remote = join(folder, 'ports.git');
await createRegistry(remote, { bare: true });
const newId = monotonicFactory();
const person = 'Ada Lovelace <ada@example.com>';
const lines: string[] = [];
for (let at = 0; at < BRANCHES; at++) {
  const claim = { port: 30_000 + at, protocol: 'tcp' as const, resource: `web-${at}`, name: 'main' };
  const [event] = stamp(
    [{ type: 'port.allocated', ...claim }],
    new Map([[portKey(claim), { version: 0, last: '', at: '' }]]),
    {
      by: { name: 'Ada Lovelace', email: 'ada@example.com', host: 'desk' },
      at: Date.now() - 3_600_000 + at,
      newId,
    },
  );
  const text = encodeEvent(event!);
  const time = Math.floor(Date.now() / 1_000) - 3_600;
  lines.push(
    `commit refs/heads/topic-${at}\nauthor ${person} ${time} +0000\ncommitter ${person} ${time} +0000\ndata 5\nclaim\nfrom refs/heads/main^0\nM 100644 inline ${eventPath(claim, 1)}\ndata ${Buffer.byteLength(text)}\n${text}`,
  );
}
execFileSync('git', ['-C', remote, 'fast-import', '--quiet'], { input: lines.join('\n') });
execFileSync('git', ['-C', remote, 'pack-refs', '--all']);

const home = join(folder, 'home');
const env = {
  PATH: process.env.PATH,
  HOME: home,
  VPORTS_REGISTRY: `file://${remote}`,
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
};
const program = resolve('dist/vports.cjs');
const vports = (...args: string[]) => {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
};
const [first, fetches, ratios]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < ROUNDS; round++) {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home);
  writeFileSync(join(home, '.gitconfig'), '');
  first.push(...(await time(1, () => vports('list'))));
  const plain = join(folder, `plain-${round}`);
  execFileSync('git', ['init', '-q', '--bare', plain]);
  const fetch = ['-C', plain, 'fetch', '-q', '--no-tags', remote, '+refs/heads/*:refs/remotes/origin/*'];
  fetches.push(...(await time(1, () => execFileSync('git', fetch, { env }))));
  ratios.push(first.at(-1)! / fetches.at(-1)!);
}
vports('allocate', 'first', '--range', 'databases');
const allocations = await time(ROUNDS * 2, (at) => vports('allocate', `own-${at}`, '--range', 'databases'));
const what = `${BRANCHES.toLocaleString('en')} branches`;
print([
  { [what]: 'git fetch', 'median (ms)': median(fetches).toFixed(0), 'times the fetch': '1.00' },
  {
    [what]: 'the first vports list',
    'median (ms)': median(first).toFixed(0),
    'times the fetch': median(ratios).toFixed(2),
  },
  {
    [what]: 'vports allocate from then on',
    'median (ms)': median(allocations).toFixed(0),
    'times the fetch': '',
  },
]);
