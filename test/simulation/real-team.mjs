import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const HOUR = 3_600_000;

/** Numbers that a seed repeats (mulberry32, public domain). */
export function chanceOf(seed) {
  let state = seed;
  const chance = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let it = Math.imul(state ^ (state >>> 15), state | 1);
    it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(chance() * limit);
  return { chance, below, pick: (all) => all[below(all.length)] };
}

/** A folder with a copy of the program, as a build may come in between, and a home for each of the machines of a team. */
export function realTeam({ count, chance }) {
  const folder = mkdtempSync(join(tmpdir(), 'vports-weeks-'));
  for (const name of ['dist', 'package.json', 'registry-repo'])
    cpSync(name, join(folder, 'program', name), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'program/node_modules'));
  const program = join(folder, 'program/dist/vports.cjs');
  const machines = Array.from({ length: count }, (_, number) => {
    const home = join(folder, `m${number}`);
    mkdirSync(home);
    return { name: `m${number}`, home, skew: chance() < 0.3 ? Math.round((chance() - 0.5) * 600) : 0 };
  });
  return { folder, program, machines };
}

/**
 * Runs a command on a machine at an hour of the weeks, by a clock of its own (faketime); `killed` milliseconds after its start it is. Its `told`
 * is what it printed, if that is JSON.
 */
export function command(program, machine, { hour, args, killed, env }) {
  const offset = `+${Math.round((hour * HOUR) / 1_000) + machine.skew + 600}`;
  const child = spawn('faketime', ['-f', offset, process.execPath, program, ...args, '--json'], {
    cwd: machine.home,
    env: {
      PATH: process.env.PATH,
      HOME: machine.home,
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      GIT_AUTHOR_NAME: machine.name,
      GIT_AUTHOR_EMAIL: `${machine.name}@example.com`,
      GIT_CONFIG_NOSYSTEM: '1',
      ...env,
    },
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

/** What git prints; undefined where it fails. */
export function gitAt(folder, ...args) {
  const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const run = spawnSync('git', ['-C', folder, ...args], { env, encoding: 'utf8' });
  return run.status === 0 ? run.stdout.trim() : undefined;
}

export const blobAt = (folder, revision, path) =>
  gitAt(folder, 'rev-parse', '-q', '--verify', `${revision}:${path}`);

/** A machine's own copy of the registry. */
function cloneOf({ home }) {
  const remotes = join(home, '.local/share/vports/remotes');
  return join(remotes, readdirSync(remotes)[0]);
}

/** What is wrong at the end: a machine that is elsewhere than the remote, and what git says of its copy. */
export function faultsOf(machines, remote) {
  const head = gitAt(remote, 'rev-parse', 'refs/heads/main');
  const isSound = (path) => gitAt(path, 'fsck', '--strict', '--no-dangling') !== undefined;
  return [
    ...(isSound(remote) ? [] : ['fsck of the remote']),
    ...machines.flatMap((machine) => {
      const clone = cloneOf(machine);
      const at = gitAt(clone, 'rev-parse', 'main');
      return [
        ...(at === head ? [] : [`${machine.name} is at ${at}, and the remote at ${head}`]),
        ...(isSound(clone) ? [] : [`fsck of ${machine.name}`]),
      ];
    }),
  ];
}

/** On record, on an open branch, or kept by its author's machine of one that was closed. */
export function isKept(remote, { machine, branch, path, oid }) {
  const clone = cloneOf(machine);
  const blob = blobAt(clone, oid, path);
  if (blob === undefined) return false;
  if (['refs/heads/main', `refs/heads/${branch}`].some((it) => blobAt(remote, it, path) === blob))
    return true;
  // The host may have built its commit anew.
  const commits = gitAt(clone, 'log', '--all', '--format=%H', '--', path).split('\n');
  return commits.some((it) => blobAt(clone, it, path) === blob);
}
