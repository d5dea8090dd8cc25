/**
 * `node test/simulation/weeks.mjs [--days 14] [--machines 12] [--seed 1] [--an-hour 5]`: days of a team over real git, with the built program, a process a
 * command: each machine has a clock of its own (faketime), commands run beside each other and some are killed, and at the host
 * people merge, squash, rebase, update, close and delete branches. At the end all that was acknowledged is there, and all agree.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '14' },
    machines: { type: 'string', default: '12' },
    seed: { type: 'string', default: '1' },
    'an-hour': { type: 'string', default: '5' },
    jobs: { type: 'string', default: '3' },
  },
});
const BUTTONS = ['merge', 'squash', 'rebase', 'close', 'update', 'delete'];
const folder = mkdtempSync(join(tmpdir(), 'vports-weeks-'));
// A copy, as a build may come in between.
for (const name of ['dist', 'package.json', 'registry-repo'])
  cpSync(name, join(folder, 'program', name), { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'program/node_modules'));
const PROGRAM = join(folder, 'program/dist/vports.cjs');
const remote = join(folder, 'ports.git');
const HOUR = 3_600_000;

let state = Number(values.seed);
/** From 0 to 1 (mulberry32, public domain). */
function chance() {
  state = (state + 0x6d2b79f5) >>> 0;
  let it = Math.imul(state ^ (state >>> 15), state | 1);
  it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
  return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(chance() * limit);
const pick = (all) => all[below(all.length)];

const machines = Array.from({ length: Number(values.machines) }, (_, number) => {
  const home = join(folder, `m${number}`);
  mkdirSync(home);
  return { name: `m${number}`, home, skew: chance() < 0.3 ? Math.round((chance() - 0.5) * 600) : 0 };
});

/** Runs a command at an hour; `killed` milliseconds after its start it is. */
function command(machine, hour, args, killed) {
  const env = {
    PATH: process.env.PATH,
    HOME: machine.home,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    VPORTS_REGISTRY: `file://${remote}`,
    GIT_AUTHOR_NAME: machine.name,
    GIT_AUTHOR_EMAIL: `${machine.name}@example.com`,
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const offset = `+${Math.round((hour * HOUR) / 1_000) + machine.skew + 600}`;
  const child = spawn('faketime', ['-f', offset, process.execPath, PROGRAM, ...args, '--json'], {
    cwd: machine.home,
    env,
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const timer = killed && setTimeout(() => process.kill(-child.pid, 'SIGKILL'), killed);
  return new Promise((done) => {
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      // What faketime keeps under its process number would stop whoever gets that number next.
      if (signal)
        for (const name of ['faketime_shm', 'sem.faketime_sem'])
          rmSync(`/dev/shm/${name}_${child.pid}`, { force: true });
      done({ status, signal, stdout, stderr, args });
    });
  });
}

const GIT = { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
function git(env, ...args) {
  const run = spawnSync('git', ['-C', remote, ...args], { env: { ...GIT, ...env }, encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

/** Presses a button of the host's for a branch. The main branch is compared and swapped, as at a host. */
function press(button, branch, hour) {
  const ref = `refs/heads/${branch}`;
  const [main, head] = [git({}, 'rev-parse', 'refs/heads/main'), git({}, 'rev-parse', ref)];
  const date = `${Math.floor(Date.now() / 1_000) + hour * 3_600} +0000`;
  const by = {
    GIT_AUTHOR_NAME: 'Host',
    GIT_AUTHOR_EMAIL: 'host@example.com',
    GIT_COMMITTER_NAME: 'Host',
    GIT_COMMITTER_EMAIL: 'host@example.com',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  };
  if (button === 'close' || button === 'delete') return git({}, 'update-ref', '-d', ref, head) !== undefined;
  const tree = git({}, 'merge-tree', '--write-tree', main, head);
  if (tree === undefined || git({}, 'merge-base', '--is-ancestor', head, main) !== undefined) return false;
  const move = (what, to, from) => to !== undefined && git({}, 'update-ref', what, to, from) !== undefined;
  if (button === 'merge')
    return move(
      'refs/heads/main',
      git(by, 'commit-tree', '-p', main, '-p', head, '-m', `Merge ${branch}`, tree),
      main,
    );
  if (button === 'squash')
    return move('refs/heads/main', git(by, 'commit-tree', '-p', main, '-m', `${branch} (#1)`, tree), main);
  let at = main;
  for (const oid of git(
    {},
    'rev-list',
    '--reverse',
    '--first-parent',
    '--no-merges',
    `${main}..${head}`,
  ).split('\n')) {
    const picked = git({}, 'merge-tree', '--write-tree', `--merge-base=${oid}^`, at, oid);
    if (picked === undefined) return false;
    const [name, email, message] = git({}, 'show', '-s', '--format=%an%x00%ae%x00%B', oid).split('\0');
    at = git(
      { ...by, GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email },
      'commit-tree',
      '-p',
      at,
      '-m',
      message,
      picked,
    );
    if (at === undefined) return false;
  }
  return button === 'update' ? move(ref, at, head) : move('refs/heads/main', at, main);
}

const acknowledged = new Map();
const onBranches = [];
const counted = { commands: 0, killed: 0, pressed: 0 };
const exits = new Map();
const wrong = [];
let names = 0;

function order() {
  const resource = chance() < 0.6 ? `new-${names++}` : `old-${below(30)}`;
  const branch = chance() < 0.2 ? ['--branch', `b${below(6)}`] : [];
  return pick([
    ['allocate', resource, ...branch],
    ['allocate', resource, ...branch],
    ['allocate', resource, '--port', String(30_000 + below(200)), ...branch],
    ['register', resource, String(30_000 + below(400)), ...branch],
    ['release', `old-${below(30)}`, ...branch],
    ['reassign', `old-${below(30)}`, ...branch],
    ['describe', `old-${below(30)}`, '--owner', `team-${names++}`, ...branch],
    ['allocate', `lease-${names++}`, '--ttl', '1h'],
    ['sync'],
  ]);
}

async function give(hour) {
  const machine = pick(machines);
  const args = order();
  const isKilled = chance() < 0.06;
  const run = await command(machine, hour, args, isKilled ? 60 + below(700) : 0);
  counted.commands++;
  if (run.signal === 'SIGKILL') counted.killed++;
  else exits.set(run.status, (exits.get(run.status) ?? 0) + 1);
  if (run.status === 70 || (run.status === null && run.signal !== 'SIGKILL'))
    wrong.push(`${args.join(' ')}: ${run.stderr.slice(0, 500)}`);
  if (run.status !== 0 || args[0] === 'sync') return;
  const told = JSON.parse(run.stdout);
  const commit = told.commits?.find(({ log }) => log === 'registry');
  if (!commit) return;
  const branch = args.includes('--branch') ? args[args.indexOf('--branch') + 1] : undefined;
  for (const path of told.events ?? []) {
    if (branch !== undefined) onBranches.push({ machine, branch, path, oid: commit.oid });
    else if (told.published !== 'pushed')
      wrong.push(`${path} was told to be on record, and is not published`);
    else acknowledged.set(path, blobOf(commit.oid, path) ?? 'missing');
  }
}

const blobOf = (revision, path) => git({}, 'rev-parse', '-q', '--verify', `${revision}:${path}`);

async function hourOf(hour) {
  const orders = Math.round(chance() * 2 * Number(values['an-hour']));
  let left = orders;
  const worker = async () => {
    while (left-- > 0) await give(hour);
  };
  const pressing = async () => {
    const open = git({}, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads')
      .split('\n')
      .filter((it) => it !== 'main');
    if (open.length > 0 && chance() < 0.5 && press(pick(BUTTONS), pick(open), hour)) counted.pressed++;
  };
  await Promise.all([pressing(), ...Array.from({ length: Number(values.jobs) }, worker)]);
}

const begun = performance.now();
execFileSync(process.execPath, [PROGRAM, 'init', '--bare', remote], {
  env: { ...GIT, GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' },
  stdio: 'ignore',
});
const hours = 24 * Number(values.days);
for (let hour = 0; hour < hours; hour++) await hourOf(hour);

for (const round of [1, 2])
  for (const machine of machines) {
    const run = await command(machine, hours, ['sync']);
    if (run.status !== 0)
      wrong.push(`sync of ${machine.name} in round ${round}: ${run.stdout} ${run.stderr}`);
  }
const head = git({}, 'rev-parse', 'refs/heads/main');
for (const [path, oid] of acknowledged) {
  const now = blobOf(head, path);
  if (now !== oid || now === undefined) wrong.push(`${path} was acknowledged as ${oid}, and is ${now}`);
}
const views = new Set();
for (const machine of machines) {
  const run = await command(machine, hours, ['list', '--long']);
  views.add(run.stdout);
  const remotes = join(machine.home, '.local/share/vports/remotes');
  const clone = join(remotes, readdirSync(remotes)[0]);
  const at = execFileSync('git', ['-C', clone, 'rev-parse', 'main'], { encoding: 'utf8', env: GIT }).trim();
  if (at !== head) wrong.push(`${machine.name} is at ${at}, and the remote at ${head}`);
  if (spawnSync('git', ['-C', clone, 'fsck', '--strict', '--no-dangling'], { env: GIT }).status !== 0)
    wrong.push(`fsck of ${machine.name}`);
}
const verified = await command(machines[0], hours, ['verify']);
if (verified.status !== 0) wrong.push(`verify: ${verified.stdout.slice(0, 1_000)}`);
if (spawnSync('git', ['-C', remote, 'fsck', '--strict', '--no-dangling'], { env: GIT }).status !== 0)
  wrong.push('fsck of the remote');
for (const { machine, branch, path, oid } of onBranches) {
  const remotes = join(machine.home, '.local/share/vports/remotes');
  const clone = join(remotes, readdirSync(remotes)[0]);
  // On record, on an open branch, or kept here of one that was closed.
  const kept = spawnSync('git', ['-C', clone, 'for-each-ref', '--contains', oid], {
    env: GIT,
    encoding: 'utf8',
  }).stdout;
  const blob = spawnSync('git', ['-C', clone, 'rev-parse', `${oid}:${path}`], {
    env: GIT,
    encoding: 'utf8',
  }).stdout.trim();
  const isThere = [head, `refs/heads/${branch}`].some((it) => blobOf(it, path) === blob);
  if (!isThere && kept === '') wrong.push(`${path} on ${branch} of ${machine.name} is nowhere`);
}
const seconds = Math.round((performance.now() - begun) / 1_000);
console.log(
  `${values.days} days, ${machines.length} machines: ${counted.commands} commands, ${counted.killed} killed, ${counted.pressed} buttons pressed, ${git({}, 'rev-list', '--count', 'main')} commits, ${acknowledged.size} events acknowledged, ${onBranches.length} on branches; ${seconds} s`,
);
console.log(
  `exit codes: ${[...exits]
    .sort()
    .map(([code, times]) => `${code}: ${times}`)
    .join(', ')}`,
);
console.log(views.size === 1 ? 'all agree' : `${views.size} machines say different things`);
for (const it of wrong.slice(0, 30)) console.log(`BROKEN ${it}`);
if (wrong.length === 0 && views.size === 1) rmSync(folder, { recursive: true });
else console.log(folder);
process.exit(wrong.length === 0 && views.size === 1 ? 0 : 1);
