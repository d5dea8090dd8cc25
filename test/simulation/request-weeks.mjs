/**
 * `node test/simulation/request-weeks.mjs [--host github] [--days 14] [--machines 4] [--seed 1] [--a-day 12]`: days of a team whose main is protected,
 * over real git and https, at a host with the API of GitHub, GitLab or Gitea. Each machine has a clock of its own (faketime); commands run beside each
 * other, some offline and some killed; people merge, squash, rebase, update and close requests, and authors take back what was closed and resolve
 * conflicts. At the end nothing is lost, all agree, and who opened a request was told once how it ended.
 */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chanceOf, command, faultsOf, gitAt, isKept, realTeam } from './real-team.mjs';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: 'github' },
    days: { type: 'string', default: '14' },
    machines: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'a-day': { type: 'string', default: '12' },
  },
});
const { chance, below, pick } = chanceOf(Number(values.seed));
const { folder, program, machines } = realTeam({ count: Number(values.machines), chance });
process.env.VPORTS_TEST_CACHE = folder;
const { server, trust, finish } = await startServer(values.host);
const { path: remote, pulls } = server;
const RUNNERS = {
  github: { GITHUB_SERVER_URL: server.origin, GITHUB_TOKEN: server.token },
  gitlab: { CI_SERVER_URL: server.origin, GITLAB_TOKEN: server.token },
  gitea: { GITEA_ACTIONS: 'true', GITHUB_SERVER_URL: server.origin, GITHUB_TOKEN: server.token },
};
const env = { VPORTS_REGISTRY: server.url, ...trust, ...RUNNERS[values.host] };

/** What each machine was told of how a request ended, by `MACHINE NUMBER`, and which it has opened or updated. */
const told = new Map();
const own = new Set();
let onBranches = [];
const counted = { commands: 0, killed: 0, merged: 0, closed: 0, resolved: 0 };
const wrong = [];
let names = 0;

async function startServer(kind) {
  const outfile = resolve('.bench/simulation/forge-server.mjs');
  await build({
    stdin: {
      contents: `export * from './test/support/forge-server.ts'; export { finish } from './test/support/no-vitest.mjs';`,
      resolveDir: resolve('.'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    packages: 'external',
    alias: { vitest: resolve('test/support/no-vitest.mjs') },
    define: { VPORTS_VERSION: '"0.0.0"' },
    logLevel: 'warning',
  });
  const { forgeServer, TRUSTS_ANY, finish } = await import(pathToFileURL(outfile).href);
  return { server: await forgeServer(kind), trust: TRUSTS_ANY, finish };
}

function order() {
  const resource = chance() < 0.7 ? `new-${names++}` : `old-${below(12)}`;
  return pick([
    ['allocate', resource],
    ['allocate', resource, '--owner', pick(['web', 'games'])],
    ['allocate', resource, '--port', `api=${30_000 + below(60)}`],
    ['register', resource, String(30_000 + below(60))],
    ['release', `old-${below(12)}`],
    ['reassign', `old-${below(12)}`],
    ['describe', `old-${below(12)}`, '--owner', `team-${names++}`],
    ['policy', 'add-range', `range-${names}`, `${50_000 + 10 * names}-${50_009 + 10 * names++}`],
    ['sync'],
    ['sync'],
  ]);
}

/** Two that run at once on a machine may both tell the same news. */
const syncing = new Set();

async function give(hour, machine, args) {
  if (args[0] === 'sync' && syncing.has(machine)) return undefined;
  if (args[0] === 'sync') syncing.add(machine);
  const isOffline = args[0] === 'allocate' && chance() < 0.1;
  const isKilled = args[0] !== 'sync' && chance() < 0.05;
  const run = await command(program, machine, {
    hour,
    args,
    env: isOffline ? { ...env, GIT_SSL_CAINFO: '/dev/null' } : env,
    killed: isKilled ? 200 + below(1_500) : 0,
  });
  if (args[0] === 'sync') syncing.delete(machine);
  counted.commands++;
  if (run.signal === 'SIGKILL') counted.killed++;
  if (run.status === 70 || (run.status === null && run.signal !== 'SIGKILL'))
    wrong.push(`${args.join(' ')}: ${run.stderr.slice(0, 500)}`);
  // A sync with a branch that cannot go out tells the rest of its news all the same.
  if (run.status !== 0 && !(args[0] === 'sync' && run.stdout.includes('"requests"'))) return run;
  const answer = JSON.parse(run.stdout);
  for (const it of args[0] === 'sync' ? answer.requests : []) {
    own.add(`${machine.name} ${it.number}`);
    if (it.state === 'open') continue;
    const key = `${machine.name} ${it.number}`;
    told.set(key, [...(told.get(key) ?? []), it.state]);
  }
  if (answer.request) own.add(`${machine.name} ${answer.request.number}`);
  const commit = answer.commits?.find(({ log }) => log === 'registry');
  const branch = commit?.ref.replace('refs/heads/', '');
  if (branch === 'main') wrong.push(`${args.join(' ')} went to main`);
  for (const path of commit ? answer.events : []) onBranches.push({ machine, branch, path, oid: commit.oid });
  return run;
}

function lookAtConflicts() {
  for (const pull of pulls.filter(({ state }) => state === 'open'))
    pull.conflicts =
      gitAt(remote, 'rev-parse', '-q', '--verify', `refs/heads/${pull.branch}`) !== undefined &&
      gitAt(remote, 'merge-tree', '--write-tree', 'main', pull.branch) === undefined;
}

/** Somebody at the host looks at an open request. */
function review() {
  lookAtConflicts();
  const open = pulls.filter(({ state, conflicts }) => state === 'open' && !conflicts);
  if (open.length === 0) return;
  const pull = pick(open);
  Object.assign(pull, { approved: chance() < 0.7, checks: pick(['passing', 'passing', 'failing']) });
  const kept = chance() < 0.5 ? 'kept' : undefined;
  const button = pick(['merge', 'merge', 'squash', 'squash', 'rebase', 'rebase', 'update', 'close']);
  if (button === 'close') server.close(pull.number, kept);
  else
    try {
      server.merge(pull.number, button, kept);
    } catch {
      return;
    }
  if (pull.state !== 'open') counted[pull.state]++;
}

/** Authors see to what was closed, or is in conflict. */
async function tidyUp(hour) {
  for (const pull of pulls) {
    const machine = machines.find(({ name }) => own.has(`${name} ${pull.number}`));
    const head = gitAt(remote, 'rev-parse', '-q', '--verify', `refs/heads/${pull.branch}`);
    const isNewest = pull === pulls.findLast(({ branch }) => branch === pull.branch);
    if (!machine || head === undefined || !isNewest) continue;
    if (pull.state === 'closed' && chance() < 0.5)
      await give(hour, machine, ['release', pull.branch.replace('ports/', '')]);
    if (pull.state !== 'open' || !pull.conflicts || chance() < 0.3) continue;
    const rebase = chance() < 0.5 ? ['--rebase'] : [];
    const run = await give(hour, machine, ['resolve', '--branch', pull.branch, ...rebase]);
    if (run.status !== 0) continue;
    counted.resolved++;
    // It has said what it dropped.
    onBranches = onBranches.filter(({ branch }) => branch !== pull.branch);
  }
}

async function day(number) {
  const hours = Array.from({ length: Number(values['a-day']) }, () => 9 + chance() * 9).sort((a, b) => a - b);
  const todo = hours.map((hour) => number * 24 + hour);
  const worker = async () => {
    for (let hour = todo.shift(); hour !== undefined; hour = todo.shift()) {
      await give(hour, pick(machines), order());
      if (chance() < 0.6) review();
    }
  };
  await Promise.all([worker(), worker()]);
  await tidyUp(number * 24 + 19);
}

const begun = performance.now();
const set = { hour: 0, env: { VPORTS_REGISTRY: remote } };
for (const args of [
  ['host', values.host],
  ['changes', 'pull-request'],
])
  await command(program, machines[0], { ...set, args: ['policy', 'set', ...args] });
rmSync(join(machines[0].home, '.local'), { recursive: true, force: true });
const days = Number(values.days);
for (let number = 0; number < days; number++) await day(number);

for (const round of [1, 2])
  for (const machine of machines) {
    lookAtConflicts();
    const run = await give(days * 24, machine, ['sync']);
    // Who has made a branch offline that somebody else has made too is told to rebase it.
    const isTold = run.stdout.includes('has diverged from the remote');
    if (run.status !== 0 && !isTold)
      wrong.push(`sync of ${machine.name} in round ${round}: ${run.stdout} ${run.stderr}`);
  }
const views = new Set();
for (const machine of machines)
  views.add((await command(program, machine, { hour: days * 24, args: ['list', '--long'], env })).stdout);
const verified = await command(program, machines[0], { hour: days * 24, args: ['verify'], env });
if (verified.status !== 0) wrong.push(`verify: ${verified.stdout.slice(0, 1_000)}`);
wrong.push(...faultsOf(machines, remote));
for (const it of onBranches)
  if (!isKept(remote, it)) wrong.push(`${it.path} on ${it.branch} of ${it.machine.name} is nowhere`);
for (const key of own) {
  const [name, number] = key.split(' ');
  const { state, branch } = pulls.find((it) => String(it.number) === number);
  const expected = state === 'open' ? '' : state;
  const found = (told.get(key) ?? []).join(' ');
  if (found !== expected)
    wrong.push(`${name} was told "${found}" of ${number} (${branch}), which is ${state}`);
}
for (const branch of gitAt(remote, 'for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads').split('\n'))
  if (branch !== 'main' && !pulls.some((it) => it.branch === branch)) wrong.push(`${branch} has no request`);
finish();
console.log(
  `${days} days, ${machines.length} machines at a ${values.host}: ${counted.commands} commands, ${counted.killed} killed, ${pulls.length} requests, ${counted.merged} merged, ${counted.closed} closed, ${counted.resolved} resolved; ${Math.round((performance.now() - begun) / 1_000)} s`,
);
console.log(views.size === 1 ? 'all agree' : `${views.size} machines say different things`);
for (const it of wrong.slice(0, 30)) console.log(`BROKEN ${it}`);
if (wrong.length === 0 && views.size === 1) rmSync(folder, { recursive: true });
else console.log(folder);
process.exit(wrong.length === 0 && views.size === 1 ? 0 : 1);
