/** Allocations a second at a shared remote, for writers of one machine, beside a plain loop of fetch, commit and push. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRegistry } from '../src/log/create/create.js';
import { machine, median, print, workFolder } from './measure.js';

/** How long writers are watched once each of them has written once, in seconds, and how often: machines are not always as fast. */
const [WATCHED, ROUNDS] = [40, 3];
const folder = workFolder();
const program = resolve('dist/vports.cjs');
console.log(machine(folder), '\n');

const env = (home: string) => ({
  PATH: process.env.PATH,
  HOME: home,
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
});

interface Remote {
  url: string;
  /** What has arrived so far. */
  counts: () => { commits: number; pushes: number };
}

/** A remote that counts what is pushed to it. */
async function remoteFor(name: string): Promise<Remote> {
  const path = join(folder, `${name}.git`);
  await createRegistry(path, { bare: true });
  const pushed = join(folder, `${name}.pushes`);
  mkdirSync(join(path, 'hooks'), { recursive: true });
  writeFileSync(join(path, 'hooks/post-receive'), `#!/bin/sh\necho x >> '${pushed}'\n`, { mode: 0o755 });
  const commits = () =>
    Number(execFileSync('git', ['-C', path, 'rev-list', '--count', 'main'], { encoding: 'utf8' }));
  return {
    url: `file://${path}`,
    counts: () => ({
      commits: commits(),
      pushes: existsSync(pushed) ? readFileSync(pushed, 'utf8').length / 2 : 0,
    }),
  };
}

interface Rate {
  aSecond: number;
  pushesEach: number;
}

/** Commits a second and pushes a commit while so many writers, each in a loop, write to a remote. */
async function rate(
  writers: number,
  { counts }: Remote,
  write: (writer: number, each: number) => Promise<void>,
): Promise<Rate> {
  let watched = true;
  const underWay: Promise<void>[] = [];
  const all = Array.from({ length: writers }, async (_, writer) => {
    const first = write(writer, 0);
    underWay.push(first);
    await first;
    for (let each = 1; watched; each++) await write(writer, each);
  });
  await Promise.all(underWay);
  const [first, from] = [counts(), performance.now()];
  await pause(WATCHED * 1_000);
  const [last, until] = [counts(), performance.now()];
  watched = false;
  await Promise.all(all);
  const commits = last.commits - first.commits;
  return {
    aSecond: commits / ((until - from) / 1_000),
    pushesEach: (last.pushes - first.pushes) / commits,
  };
}

function run(command: string, args: string[], cwd: string, home: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: env(home), stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += chunk;
    });
    child.on('close', (status) => (status === 0 ? done() : fail(new Error(told))));
  });
}

async function ours(writers: number, round: number): Promise<Rate> {
  const remote = await remoteFor(`ours-${writers}-${round}`);
  const home = join(folder, `home-${writers}-${round}`);
  mkdirSync(home);
  writeFileSync(join(home, '.vports.json'), JSON.stringify({ registry: remote.url }));
  await run(process.execPath, [program, 'list'], home, home);
  return rate(writers, remote, (writer, each) =>
    run(process.execPath, [program, 'allocate', `s${writer}-${each}`], home, home),
  );
}

/** What a script does without any of it: look, write the next file, commit, push; from the start where somebody was faster. */
const NAIVE = `
cd "$1"
git fetch -q origin && git reset -q --hard origin/main
mkdir -p claims && n=$(ls claims | wc -l) && echo "$2" > "claims/$n"
git add claims && git commit -q -m "claim $n" && git push -q origin HEAD:main 2>/dev/null
true`;

async function naive(writers: number): Promise<Rate> {
  const remote = await remoteFor(`naive-${writers}`);
  const home = join(folder, `naive-home-${writers}`);
  mkdirSync(home);
  for (let index = 0; index < writers; index++)
    execFileSync('git', ['clone', '-q', remote.url, join(home, `${index}`)]);
  return rate(writers, remote, (writer) =>
    run('bash', ['-c', NAIVE, 'naive', join(home, `${writer}`), `s${writer}`], home, home),
  );
}

const own = new Map<number, Rate[]>([1, 4, 16, 32].map((writers) => [writers, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [writers, rates] of own) rates.push(await ours(writers, round));
const rows = [];
for (const [writers, rates] of own) {
  const aSecond = median(rates.map((it) => it.aSecond));
  const plain = await naive(writers);
  rows.push({
    writers,
    'allocations a second': aSecond.toFixed(2),
    'in each round': rates.map((it) => it.aSecond.toFixed(2)).join(', '),
    'pushes an allocation': median(rates.map((it) => it.pushesEach)).toFixed(2),
    'plain loop, a second': plain.aSecond.toFixed(2),
    'times the plain loop': (aSecond / plain.aSecond).toFixed(2),
  });
}
print(rows);
