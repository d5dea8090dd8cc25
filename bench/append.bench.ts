/** A durable append in this process against `git add && git commit` of the same file, at 1,000 and 10,000 events. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { NewEvent } from '../events/event.js';
import { createRegistry } from '../src/log/create/create.js';
import { openRepository } from '../src/log/git/repository.js';
import { GitLog } from '../src/log/git-log.js';
import { machine, median, print, time, workFolder } from './measure.js';

const RUNS = 60;
const BY = { name: 'Ada Lovelace', email: 'ada@example.com', host: 'engine' };
const event = (index: number): NewEvent => ({
  type: 'port.allocated',
  protocol: 'tcp',
  port: 20000 + index,
  resource: `service-${index}`,
  name: 'main',
  range: 'business',
});

class Appender {
  #next = 0;
  readonly log: GitLog;

  constructor(readonly path: string) {
    this.log = new GitLog(openRepository(path), 'refs/heads/main');
  }

  async append(): Promise<void> {
    const events = [event(this.#next++)];
    await this.log.state();
    await this.log.exclusively(() => this.log.append({ events, by: BY, at: Date.now() }));
  }

  async upTo(events: number): Promise<void> {
    while (this.#next < events) await this.append();
  }
}

/** The same change by plain git, as a shell script makes it: two processes. */
function commitByGit(path: string, index: number, config: string[]): void {
  const file = `events/tcp/59xxx/${590 + Math.floor(index / 100)}xx/${59000 + index}/0001.json`;
  mkdirSync(dirname(join(path, file)), { recursive: true });
  writeFileSync(
    join(path, file),
    `${JSON.stringify({ ...event(index), by: BY, at: new Date().toISOString() }, null, 2)}\n`,
  );
  execFileSync('git', ['-C', path, ...config, 'add', file]);
  execFileSync('git', ['-C', path, ...config, 'commit', '-q', '-m', `allocate ${59000 + index}`]);
}

const folder = workFolder();
execFileSync('git', ['config', '--file', join(folder, 'gitconfig'), 'user.name', BY.name]);
execFileSync('git', ['config', '--file', join(folder, 'gitconfig'), 'user.email', BY.email]);
process.env.GIT_CONFIG_GLOBAL = join(folder, 'gitconfig');
console.log(machine(folder), '\n');

const places = { bare: join(folder, 'bare.git'), 'checked out': join(folder, 'checkout') };
await createRegistry(places.bare, { bare: true });
await createRegistry(places['checked out'], { bare: false });
const bare = new Appender(places.bare);
const rows = [];
const ours: number[] = [];
for (const size of [1_000, 10_000]) {
  await bare.upTo(size);
  const clone = join(folder, `clone-${size}`);
  execFileSync('git', ['clone', '-q', places.bare, clone]);
  const appends: number[] = [];
  const commits: number[] = [];
  const synced: number[] = [];
  for (let index = 0; index < RUNS; index++) {
    appends.push(...(await time(1, () => bare.append())));
    commits.push(...(await time(1, () => commitByGit(clone, index * 2, []))));
    synced.push(...(await time(1, () => commitByGit(clone, index * 2 + 1, ['-c', 'core.fsync=all']))));
  }
  const [append, commit, sync] = [appends, commits, synced].map(median) as [number, number, number];
  ours.push(append);
  rows.push({
    events: size,
    'append, synced (ms)': append.toFixed(2),
    'git add + commit (ms)': commit.toFixed(2),
    'the same, core.fsync=all (ms)': sync.toFixed(2),
    'times faster': (commit / append).toFixed(1),
    'times faster than synced git': (sync / append).toFixed(1),
  });
}
print(rows);
console.log(`\nan append at 10,000 events takes ${(ours[1]! / ours[0]!).toFixed(2)} times one at 1,000`);

const checkedOut = new Appender(places['checked out']);
await checkedOut.upTo(200);
const inFolder = median(await time(RUNS, () => checkedOut.append()));
console.log(
  `an append to a checked-out registry (index and files too, one git process): ${inFolder.toFixed(2)} ms`,
);
await bare.log.close();
await checkedOut.log.close();
