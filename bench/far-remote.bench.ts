/** A write to a shared branch by ssh, 50 ms away, beside `git fetch` and `git push` of a commit that is there already. Needs sshd. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startSshd } from '../test/support/sshd-process.js';
import { generateHistory } from './generate-history.js';
import { machine, median, print, workFolder } from './measure.js';

/** There and back, in milliseconds. */
const ROUND_TRIP = 50;
const ROUNDS = 11;
const [PORT, FAR] = [29_801, 29_802];
const folder = workFolder();
console.log(machine(folder), '\n');

const far = createServer((near) => {
  const other = connect(PORT, '127.0.0.1');
  late(near, other);
  late(other, near);
});
/** What one end says, the other hears after half of the way. */
function late(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on('data', (chunk) => void setTimeout(() => to.write(chunk), ROUND_TRIP / 2));
  from.on('end', () => void setTimeout(() => to.end(), ROUND_TRIP / 2));
  from.on('error', () => to.destroy());
}
await new Promise<void>((listening) => far.listen(FAR, '127.0.0.1', listening));
const { server, url, command } = startSshd(folder, PORT, FAR);
process.on('exit', () => server.kill());

const env = (home: string) => ({
  PATH: process.env.PATH,
  HOME: home,
  GIT_SSH_COMMAND: command,
  GIT_AUTHOR_NAME: 'Ada Lovelace',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada Lovelace',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
});
// In a process of its own: this one carries what they say to each other.
async function timed(home: string, script: string): Promise<number> {
  const { spawn } = await import('node:child_process');
  const start = performance.now();
  const child = spawn('sh', ['-c', script], {
    cwd: home,
    env: env(home),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let told = '';
  child.stderr.on('data', (chunk) => {
    told += chunk;
  });
  const status = await new Promise((done) => child.on('close', done));
  if (status !== 0) throw new Error(told);
  return performance.now() - start;
}

// Of a month: what is written to once in a second is looked at before it is pushed to.
const month = { events: 200, live: 100, from: Date.now() - 30 * 86_400_000, to: Date.now() - 3_600_000 };
for (const name of ['ours', 'plain']) {
  await generateHistory(join(folder, `${name}.git`), month);
  mkdirSync(join(folder, name));
}
while (spawnSync('sh', ['-c', `${command} -p ${PORT} 127.0.0.1 true`]).status !== 0) await pause(50);
const ours = join(folder, 'ours');
writeFileSync(join(ours, '.vports.json'), JSON.stringify({ registry: url(join(folder, 'ours.git')) }));
const program = `'${process.execPath}' '${resolve('dist/vports.cjs')}'`;
await timed(ours, `${program} allocate first`);
const plain = join(folder, 'plain');
await timed(plain, `git clone -q '${url(join(folder, 'plain.git'))}' clone`);
const clone = join(plain, 'clone');

const [taken, others, ratios]: [number[], number[], number[]] = [[], [], []];
for (let round = 0; round < ROUNDS; round++) {
  writeFileSync(join(clone, 'claim'), `${round}\n`);
  execFileSync('git', ['-C', clone, 'add', 'claim']);
  execFileSync('git', ['-C', clone, 'commit', '-q', '-m', 'claim'], { env: env(plain) });
  const other = await timed(clone, 'git fetch -q origin && git push -q origin HEAD:main');
  const own = await timed(ours, `${program} allocate service-${round}`);
  others.push(other);
  taken.push(own);
  ratios.push(own / other);
}

print([
  {
    'by ssh, 50 ms there and back': 'git fetch and git push',
    'median (ms)': median(others).toFixed(0),
    times: '1.00',
  },
  {
    'by ssh, 50 ms there and back': 'vports allocate',
    'median (ms)': median(taken).toFixed(0),
    times: median(ratios).toFixed(2),
  },
]);
server.kill();
far.close();
process.exit();
