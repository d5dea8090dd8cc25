/** Allocations a second at a shared remote, for writers of one machine, beside a plain loop of fetch, commit and push. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createRegistry } from '../src/log/create.js';
import { machine, print, time, workFolder } from './measure.js';

const EACH = 6;
/** The plain loop is given so long, in seconds: with many writers it would take all day. */
const NAIVE_TIME = 30;
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

/** A remote that counts what is pushed to it. */
async function remoteFor(name: string): Promise<{ url: string; pushes: () => number }> {
  const path = join(folder, `${name}.git`);
  await createRegistry(path, { bare: true });
  const count = join(folder, `${name}.pushes`);
  mkdirSync(join(path, 'hooks'), { recursive: true });
  writeFileSync(join(path, 'hooks/post-receive'), `#!/bin/sh\necho x >> '${count}'\n`, { mode: 0o755 });
  return {
    url: `file://${path}`,
    pushes: () => (existsSync(count) ? readFileSync(count, 'utf8').length / 2 : 0),
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

async function ours(writers: number): Promise<[number, number]> {
  const { url, pushes } = await remoteFor(`ours-${writers}`);
  const home = join(folder, `home-${writers}`);
  mkdirSync(home);
  writeFileSync(join(home, '.vports.json'), JSON.stringify({ registry: url }));
  await run(process.execPath, [program, 'list'], home, home);
  const writer = async (index: number) => {
    for (let each = 0; each < EACH; each++) {
      await run(process.execPath, [program, 'allocate', `s${index}-${each}`], home, home);
    }
  };
  const [taken] = await time(1, () =>
    Promise.all(Array.from({ length: writers }, (_, index) => writer(index))),
  );
  return [(writers * EACH) / (taken! / 1000), pushes() / (writers * EACH)];
}

/** What a script does without any of it: look, write the next file, commit, push; from the start where somebody was faster. */
const NAIVE = `
cd "$1"
end=$(( $(date +%s) + ${NAIVE_TIME} ))
while [ $(date +%s) -lt $end ]; do
  git fetch -q origin && git reset -q --hard origin/main
  mkdir -p claims && n=$(ls claims | wc -l) && echo "$2" > "claims/$n"
  git add claims && git commit -q -m "claim $n" && git push -q origin HEAD:main 2>/dev/null
done
true`;

async function naive(writers: number): Promise<number> {
  const { url, pushes } = await remoteFor(`naive-${writers}`);
  const home = join(folder, `naive-home-${writers}`);
  mkdirSync(home);
  for (let index = 0; index < writers; index++)
    execFileSync('git', ['clone', '-q', url, join(home, `${index}`)]);
  const writer = (index: number) =>
    run('bash', ['-c', NAIVE, 'naive', join(home, `${index}`), `s${index}`], home, home);
  const [taken] = await time(1, () =>
    Promise.all(Array.from({ length: writers }, (_, index) => writer(index))),
  );
  return pushes() / (taken! / 1000);
}

const rows = [];
for (const writers of [1, 4, 16, 32]) {
  const [rate, perAllocation] = await ours(writers);
  const plain = await naive(writers);
  rows.push({
    writers,
    'allocations a second': rate.toFixed(2),
    'pushes an allocation': perAllocation.toFixed(2),
    'plain loop, a second': plain.toFixed(2),
    'times the plain loop': (rate / plain).toFixed(2),
  });
}
print(rows);
