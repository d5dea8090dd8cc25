/**
 * Has single system calls of one command fail, or the command killed at one, and looks what comes of it: the exit code, whether
 * what was said is so, and whether the next commands go on without help. Needs strace.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProgram } from '../support/programs.mjs';

const PROGRAM = resolve('dist/vports.cjs');
export const KINDS = ['bare', 'checked out', 'monorepo', 'remote'];
/** Calls, and what the system answers to them when something is wrong. */
const CALLS = {
  openat: ['EIO', 'ENOSPC', 'EMFILE', 'EACCES', 'EROFS'],
  read: ['EIO'],
  getdents64: ['EIO'],
  write: ['EIO', 'ENOSPC'],
  pwrite64: ['EIO', 'ENOSPC'],
  fsync: ['EIO', 'ENOSPC'],
  rename: ['EIO', 'ENOSPC', 'EACCES', 'EROFS'],
  link: ['EIO', 'ENOSPC', 'EACCES', 'EROFS'],
  unlink: ['EIO', 'EACCES', 'EROFS'],
  mkdir: ['EIO', 'ENOSPC', 'EACCES', 'EROFS'],
};
/** What a command may say of a system that fails: done, damaged or unreadable, unreachable, not writable, try again. */
const ALLOWED = [0, 65, 69, 73, 75];
/** The next command has to be through in so many milliseconds. */
const PATIENCE = 5_000;
const [OLD, NEW] = ['27411', '27412'];

/** Everything one run has: a home, a registry in it, and what it is shared at. */
export async function prepare(kind) {
  const root = mkdtempSync(join(tmpdir(), 'vports-faults-'));
  mkdirSync(join(root, 'home'));
  const registry = join(root, 'registry');
  const run = (args) => vports(root, args);
  if (kind === 'monorepo') {
    await git(root, ['init', '-q', '-b', 'main', registry]);
    writeFileSync(join(registry, 'README.md'), '# Services\n');
    await git(registry, ['add', '.']);
    await git(registry, ['commit', '-qm', 'Begin']);
    await must(run(['init', registry, '--in-repo']));
    writeFileSync(join(registry, '.vports.json'), '{"registry": "ports"}\n');
  } else if (kind === 'remote') {
    await git(root, ['init', '-q', '--bare', '-b', 'main', join(root, 'remote.git')]);
    await must(run(['init', registry, '--remote', join(root, 'remote.git')]));
  } else {
    await must(run(['init', registry, ...(kind === 'bare' ? ['--bare'] : [])]));
  }
  await must(run(['allocate', 'old', '--port', OLD, '--registry', registryOf(root)]));
  return root;
}

/** Every place where the command asks the system for something in these folders: a call and its number in its thread. */
export async function placesOf(kind, template, { within = 'vports' } = {}) {
  const root = copyOf(kind, template);
  const log = join(root, 'calls');
  await injected(kind, root, within, ['-y', '-o', log, '-e', `trace=execve,${Object.keys(CALLS).join(',')}`]);
  const counts = new Map();
  const children = new Set();
  const found = new Map();
  for (const line of readLogs(log)) {
    const [, pid, call] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (!call) continue;
    if (call === 'execve') {
      if (counts.has(pid) && within === 'vports') children.add(pid);
      counts.set(pid, new Map());
      continue;
    }
    const calls = counts.get(pid) ?? new Map();
    counts.set(pid, calls);
    calls.set(call, (calls.get(call) ?? 0) + 1);
    const isChild = within === 'vports' && (children.has(pid) || /execve\(/.test(line));
    if (!isChild && aboutFiles(line, root))
      found.set(`${call} ${calls.get(call)}`, { call, at: calls.get(call), line: line.replaceAll(root, '') });
  }
  rmSync(root, { recursive: true, force: true });
  return [...found.values()].flatMap(({ call, at, line }) =>
    [...CALLS[call], 'SIGKILL'].map((fault) => ({ kind, within, call, at, fault, line })),
  );
}

function isTheRemotes(line) {
  return line.includes('/remote.git/') || line.includes('remote.git>');
}

/** The folder it is asked from is in each call; what the program is made of is not the registry's. */
function aboutFiles(line, root) {
  // What the remote's own git meets is its host's affair.
  if (isTheRemotes(line)) return false;
  return line
    .replace(`AT_FDCWD<${join(root, 'home')}>`, '')
    .replace(`<${root}/calls`, '')
    .includes(root);
}

/** One fault, and everything that is wrong afterwards. */
export async function tryFault(template, { kind, within, call, at, fault }) {
  const root = copyOf(kind, template);
  const registry = registryOf(root);
  const effect = fault === 'SIGKILL' ? 'signal=KILL' : `error=${fault}`;
  const log = join(root, 'calls');
  const options = ['-y', '-o', log, '-e', `trace=${call}`, '-e', `inject=${call}:${effect}:when=${at}`];
  const first = await injected(kind, root, within, options);
  // Of other threads and programs the same number may be a call that has nothing to do with the registry.
  const failed = readLogs(log).filter((line) => line.includes('(INJECTED)'));
  const isOurs = failed.some((line) => aboutFiles(line, root)) && !failed.some((line) => isTheRemotes(line));
  if (fault !== 'SIGKILL' && !isOurs) {
    rmSync(root, { recursive: true, force: true });
    return { status: 'missed', wrong: [] };
  }
  const wrong = [];
  // A document that may not be read is the user's to mend.
  const isDocument = first.status === 2 && failed.some((line) => line.includes('service.json'));
  if (!ALLOWED.includes(first.status) && !isDocument && !(fault === 'SIGKILL' && first.status === 137))
    wrong.push(
      `exit ${first.status}: ${first.stderr.split('\n').find((it) => /^error/.test(it)) ?? first.stderr.slice(0, 200)}`,
    );

  const begun = performance.now();
  const next = await vports(root, ['allocate', 'next', '--registry', registry]);
  if (next.status !== 0)
    wrong.push(`stuck: the next command exits with ${next.status}: ${next.stderr.slice(0, 300)}`);
  else if (performance.now() - begun > PATIENCE)
    wrong.push(`slow: the next command took ${Math.round(performance.now() - begun)} ms`);

  const held = await vports(root, ['get', 'new', '--registry', registry]);
  if (first.status === 0 && held.stdout !== NEW)
    wrong.push(`lost: it was granted, and get says ${held.stdout || held.stderr}`);
  if (first.status > 0 && first.status !== 137 && held.status === 0)
    wrong.push(`denied: exit ${first.status}, and it is held: ${first.stderr.slice(0, 300)}`);
  if ((await vports(root, ['get', 'old', '--registry', registry])).stdout !== OLD)
    wrong.push('lost: what was held before');
  if (kind === 'remote') {
    const there = await vports(root, ['get', 'new', '--registry', join(root, 'remote.git')]);
    if (there.status !== held.status)
      wrong.push(`apart: get is ${held.status} here and ${there.status} at the remote`);
  }
  const last = await vports(root, ['allocate', 'last', '--registry', registry]);
  if (last.status !== 0)
    wrong.push(`stuck: the command after the next exits with ${last.status}: ${last.stderr.slice(0, 300)}`);
  const sound = await vports(root, ['verify', '--registry', registry]);
  if (sound.status !== 0)
    wrong.push(`verify exits with ${sound.status}: ${(sound.stdout + sound.stderr).slice(0, 300)}`);
  const fsck = await run('git', ['fsck', '--strict', '--no-dangling'], root, {
    cwd: repositoryOf(kind, root),
  });
  if (fsck.status !== 0) wrong.push(`git fsck: ${fsck.stderr.slice(0, 300)}`);
  if (kind === 'checked out' || kind === 'monorepo') {
    const { stdout } = await run('git', ['status', '--porcelain', '--', 'events', 'ports'], root, {
      cwd: repositoryOf(kind, root),
    });
    if (stdout) wrong.push(`not clean: ${stdout.slice(0, 200)}`);
  }
  for (const file of litterIn(root)) wrong.push(`litter: ${file}`);
  rmSync(root, { recursive: true, force: true });
  return { status: first.signal ?? first.status, wrong };
}

/** What nobody has a use for once a command is over. */
function litterIn(root) {
  return (
    readdirSync(root, { recursive: true })
      .map(String)
      .filter((path) => !path.startsWith('calls'))
      .filter((path) =>
        /(^|\/)(tmp_[^/]*|incoming[^/]*|[^/]*\.lock|writer\.[^/]*|journal[^/]*|index\.mark|[^/]*\.keep)$|\/locks\/[^/]+$/.test(
          path,
        ),
      )
      // What a git at the remote leaves is not ours to clear away.
      .filter((path) => !/compiled\/|^remote\.git\//.test(path))
  );
}

function copyOf(kind, template) {
  const root = mkdtempSync(join(tmpdir(), 'vports-fault-'));
  cpSync(template, root, { recursive: true });
  if (kind === 'remote') {
    const config = join(root, 'registry', '.git', 'config');
    const path = existsSync(config) ? config : join(root, 'registry', 'config');
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(template, root));
    const trust = join(root, 'home', 'trust');
    if (existsSync(trust)) rmSync(trust);
  }
  return root;
}

function registryOf(root) {
  const embedded = join(root, 'registry', 'ports');
  return existsSync(join(embedded, 'policy.json')) ? embedded : join(root, 'registry');
}

function repositoryOf(_, root) {
  return join(root, 'registry');
}

function injected(kind, root, within, options) {
  const args = ['allocate', 'new', '--port', NEW, '--strict', '--registry', registryOf(root)];
  const strace = ['strace', '-f', '-qq', '-e', 'signal=none', ...options];
  if (within === 'vports')
    return run(strace[0], [...strace.slice(1), process.execPath, PROGRAM, ...args], root, { kind });
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  const words = [...strace, findProgram('git')].map((it) => `'${it}'`).join(' ');
  const perProcess = options.includes('-y')
    ? words.replace(`'${join(root, 'calls')}'`, `'${join(root, 'calls')}'.$$`)
    : words;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nexec ${perProcess} "$@"\n`, { mode: 0o755 });
  return run(process.execPath, [PROGRAM, ...args], root, { kind, path: `${bin}:${process.env.PATH}` });
}

function readLogs(log) {
  const folder = join(log, '..');
  return readdirSync(folder)
    .filter((name) => name.startsWith('calls'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
}

function vports(root, args) {
  return run(process.execPath, [PROGRAM, ...args], root);
}

function git(cwd, args) {
  return must(run('git', args, cwd, { cwd }));
}

async function must(running) {
  const it = await running;
  if (it.status !== 0) throw new Error(`${it.status}: ${it.stderr}`);
  return it;
}

function run(command, args, root, { cwd = join(root, 'home'), path = process.env.PATH } = {}) {
  const home = existsSync(join(root, 'home')) ? join(root, 'home') : root;
  const env = {
    PATH: path,
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada Lovelace',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    GIT_COMMITTER_NAME: 'Ada Lovelace',
    GIT_COMMITTER_EMAIL: 'ada@example.com',
    XDG_CACHE_HOME: process.env.VPORTS_TEST_CACHE ?? join(tmpdir(), 'vports-faults-cache'),
  };
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (chunk) => {
        said[name] += chunk;
      });
    const patience = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 60_000);
    child.on('close', (code, signal) => {
      clearTimeout(patience);
      done({ status: signal ? 137 : code, stdout: said.stdout.trim(), stderr: said.stderr.trim() });
    });
  });
}
