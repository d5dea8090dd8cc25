/**
 * `node test/simulation/weeks.mjs [--days 14] [--machines 12] [--seed 1] [--an-hour 5]`: days of a team over real git, with the built program, a process a
 * command: each machine has a clock of its own (faketime), commands run beside each other and some are killed, and at the host
 * people merge, squash, rebase, update, close and delete branches. At the end all that was acknowledged is there, and all agree.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pressButton } from '../support/host-buttons.mjs';
import { blobAt, chanceOf, command, faultsOf, gitAt, isKept, realTeam } from './real-team.mjs';

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
const { chance, below, pick } = chanceOf(Number(values.seed));
const { folder, program, machines } = realTeam({ count: Number(values.machines), chance });
const remote = join(folder, 'ports.git');
const env = { VPORTS_REGISTRY: `file://${remote}` };

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
  const run = await command(program, machine, { hour, args, env, killed: isKilled ? 60 + below(700) : 0 });
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
    else acknowledged.set(path, blobAt(remote, commit.oid, path) ?? 'missing');
  }
}

function press(button, branch, hour) {
  const head = gitAt(remote, 'rev-parse', `refs/heads/${branch}`);
  if (button === 'close' || button === 'delete')
    return gitAt(remote, 'update-ref', '-d', `refs/heads/${branch}`, head) !== undefined;
  const seconds = Math.floor(Date.now() / 1_000) + hour * 3_600;
  return pressButton(remote, button, { branch, base: 'main', seconds });
}

async function hourOf(hour) {
  let left = Math.round(chance() * 2 * Number(values['an-hour']));
  const worker = async () => {
    while (left-- > 0) await give(hour);
  };
  const pressing = async () => {
    const open = gitAt(remote, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads')
      .split('\n')
      .filter((it) => it !== 'main');
    if (open.length > 0 && chance() < 0.5 && press(pick(BUTTONS), pick(open), hour)) counted.pressed++;
  };
  await Promise.all([pressing(), ...Array.from({ length: Number(values.jobs) }, worker)]);
}

const begun = performance.now();
execFileSync(process.execPath, [program, 'init', '--bare', remote], {
  env: { PATH: process.env.PATH, HOME: folder, GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' },
  stdio: 'ignore',
});
const hours = 24 * Number(values.days);
for (let hour = 0; hour < hours; hour++) await hourOf(hour);

for (const round of [1, 2])
  for (const machine of machines) {
    const run = await command(program, machine, { hour: hours, args: ['sync'], env });
    if (run.status !== 0)
      wrong.push(`sync of ${machine.name} in round ${round}: ${run.stdout} ${run.stderr}`);
  }
for (const [path, oid] of acknowledged) {
  const now = blobAt(remote, 'refs/heads/main', path);
  if (now !== oid || now === undefined) wrong.push(`${path} was acknowledged as ${oid}, and is ${now}`);
}
const views = new Set();
for (const machine of machines)
  views.add((await command(program, machine, { hour: hours, args: ['list', '--long'], env })).stdout);
const verified = await command(program, machines[0], { hour: hours, args: ['verify'], env });
if (verified.status !== 0) wrong.push(`verify: ${verified.stdout.slice(0, 1_000)}`);
wrong.push(...faultsOf(machines, remote));
for (const it of onBranches)
  if (!isKept(remote, it)) wrong.push(`${it.path} on ${it.branch} of ${it.machine.name} is nowhere`);
const seconds = Math.round((performance.now() - begun) / 1_000);
console.log(
  `${values.days} days, ${machines.length} machines: ${counted.commands} commands, ${counted.killed} killed, ${counted.pressed} buttons pressed, ${gitAt(remote, 'rev-list', '--count', 'main')} commits, ${acknowledged.size} events acknowledged, ${onBranches.length} on branches; ${seconds} s`,
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
