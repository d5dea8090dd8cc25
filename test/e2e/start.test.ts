import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { madeOnce, put, temporaryFolder } from '../support/folders.js';
import { programOfOthers, testAsRoot } from '../support/other-users.js';
import { type RunOptions, runner as runnerOf } from '../support/program.js';

/** Tells of every script that is given compiled code whether V8 took it. */
const TELLING = `
const vm = require('node:vm');
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    const name = require('node:path').basename(options.filename);
    process.stderr.write(\`\${name} \${options.cachedData ? !this.cachedDataRejected : 'compiled'}\\n\`);
  }
};`;

const asUser = programOfOthers({ areProcesses: true });
/** It is the start of a process that is looked at. */
const runner = (home: string, defaults: RunOptions = {}) => runnerOf(home, { isProcess: true, ...defaults });

const OWN_CACHE = { XDG_CACHE_HOME: undefined };

/** Which files a run started from compiled code, and which it compiled. */
async function startsOf(home: string, args = ['get', 'web']) {
  const telling = put(join(home, 'telling.cjs'), TELLING);
  const { stdout, stderr } = await runner(home, { env: OWN_CACHE, nodeArgs: ['--require', telling] })(args);
  return { stdout, starts: stderr.match(/^\S+\.cjs .*$/gm) ?? [] };
}

function codeFiles(home: string): string[] {
  const all = join(home, '.cache/vports/code');
  if (!existsSync(all)) return [];
  return readdirSync(all, { recursive: true, encoding: 'utf8' })
    .map((name) => join(all, name))
    .filter((path) => statSync(path).isFile());
}

const homes = madeOnce(async (home) => {
  const run = runner(home, { env: OWN_CACHE });
  await run(['allocate', 'web']);
  await run(['get', 'web']);
});

async function homeWithCode(): Promise<{ home: string; file: string }> {
  const home = await homes();
  const file = codeFiles(home).find((path) => path.includes('/get/') && path.includes('cli'));
  return { home, file: file ?? codeFiles(home).find((path) => path.includes('/get/'))! };
}

test('what is built is ASCII, as which it is read', () => {
  const built = readdirSync('dist').filter((name) => name.endsWith('.cjs'));
  expect(built).toContain('cli.cjs');
  for (const name of built)
    expect(
      readFileSync(join('dist', name)).every((byte) => byte < 128),
      name,
    ).toBe(true);
});

describe('compiled code', () => {
  test('given none, a run leaves it in a folder that is private to the user', async () => {
    const { home } = await homeWithCode();
    expect(codeFiles(home).length).toBeGreaterThan(0);
    for (const folder of ['.cache/vports', '.cache/vports/code'])
      expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
  });

  test('given a run of the same command before, the next one starts from it', async () => {
    const { home } = await homeWithCode();
    // What is kept of the log is that of the home it was copied from: once, it is folded again.
    await startsOf(home);
    expect(await startsOf(home)).toEqual({ stdout: '30000', starts: ['cli.cjs true'] });
  });

  test.each([
    [
      'whose middle is another',
      (bytes: Buffer) => void bytes.fill(0x5a, bytes.length >> 1, (bytes.length >> 1) + 64),
    ],
    [
      'whose last byte is another',
      (bytes: Buffer) => void bytes.writeUInt8(bytes.at(-1)! ^ 1, bytes.length - 1),
    ],
    ['whose first byte is another', (bytes: Buffer) => void bytes.writeUInt8(bytes[0]! ^ 1, 0)],
    ['that is cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 100)],
    ['that is empty', () => Buffer.alloc(0)],
    ['that is somebody’s text', () => Buffer.from('x'.repeat(100_000))],
  ])('given a file of it %s, the program compiles anew', async (_, edit) => {
    const { home, file } = await homeWithCode();
    const bytes = readFileSync(file);
    writeFileSync(file, edit(bytes) ?? bytes);
    const { stdout, starts } = await startsOf(home);
    expect(stdout).toBe('30000');
    expect(starts).toEqual(['cli.cjs compiled']);
    expect((await startsOf(home)).stdout).toBe('30000');
  });

  test('given the code of another folder in its place, the program compiles anew', async () => {
    const { home, file } = await homeWithCode();
    copyFileSync(codeFiles(home).find((path) => path.includes('/allocate/cli'))!, file);
    expect(await startsOf(home)).toEqual({ stdout: '30000', starts: ['cli.cjs compiled'] });
  });

  test('given a file or folder that others may write to, the program compiles anew', async () => {
    const { home, file } = await homeWithCode();
    chmodSync(file, 0o666);
    expect((await startsOf(home)).starts).toEqual(['cli.cjs compiled']);
    chmodSync(file, 0o600);
    chmodSync(join(home, '.cache/vports/code'), 0o777);
    expect((await startsOf(home)).starts).toEqual([]);
  });

  test('given a pipe or a link in its place, the program starts all the same', async () => {
    const { home, file } = await homeWithCode();
    rmSync(file);
    execFileSync('mkfifo', [file]);
    expect((await startsOf(home)).stdout).toBe('30000');
    rmSync(file, { force: true });
    symlinkSync('/etc/passwd', file);
    expect((await startsOf(home)).stdout).toBe('30000');
  });

  test('given no place to keep it, the program starts all the same', async () => {
    const home = temporaryFolder();
    put(join(home, '.cache'), 'not a folder');
    expect((await runner(home, { env: OWN_CACHE })(['allocate', 'web'])).stdout).toBe('30000');
    expect((await runner(home, { env: OWN_CACHE })(['get', 'web'])).stdout).toBe('30000');
  });
});

describe('a user', () => {
  test.each([
    ['without HOME', { HOME: undefined }],
    ['whose HOME is empty', { HOME: '' }],
    ['whose HOME is not a path from the root', { HOME: 'somewhere' }],
  ])('%s has the commands, and nothing is made in the current folder', async (_, env) => {
    const home = temporaryFolder();
    const run = runner(home, {
      env: { ...env, VPORTS_HOST_LOG: join(home, 'host.git'), XDG_CACHE_HOME: join(home, 'c') },
    });
    for (const args of [['--version'], ['--help'], ['list'], ['allocate', 'web'], ['get', 'web']])
      expect(await run(args, { cwd: home })).toMatchObject({ status: 0 });
    expect(readdirSync(home).sort()).toEqual(['c', 'host.git']);
  });

  testAsRoot('without an entry in passwd and without a home has a log of their own', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const place = join(folder, 'tmp');
    mkdirSync(place);
    chmodSync(place, 0o1777);
    const run = (...args: string[]) => asUser({ uid: 23456 }, args, { cwd: folder, env: { TMPDIR: place } });
    expect((await run('--version')).stdout).toMatch(/^vports\//);
    expect((await run('allocate', 'web')).stdout).toBe('30000');
    expect((await run('get', 'web')).stdout).toBe('30000');
    expect(statSync(join(place, 'vports-23456')).mode & 0o777).toBe(0o700);
    chmodSync(join(place, 'vports-23456'), 0o777);
    expect((await run('get', 'web')).stderr).toMatch(/vports-23456 is not private to this user/);
  });
});

test('given a current folder that has been deleted, every command says so', async () => {
  const home = temporaryFolder();
  const run = runner(home);
  await run(['init', join(home, 'ports')]);
  const program = join(process.cwd(), 'dist/vports.cjs');
  const script = `cd "$1" && mkdir gone && cd gone && rmdir ../gone && shift && exec "$@"`;
  const there = (...args: string[]) =>
    execFileSync('sh', ['-c', script, 'sh', home, process.execPath, program, ...args], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: home,
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  expect(() => there('allocate', 'web')).toThrow(/the current folder no longer exists/);
  expect(() => there('list')).toThrow(/the current folder no longer exists/);
  expect(() => there('policy', 'set', 'lease.default', '4h')).toThrow(/the current folder no longer exists/);
  expect(there('--version')).toMatch(/^vports/);
});
