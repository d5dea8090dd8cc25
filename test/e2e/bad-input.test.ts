import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git } from '../support/git.js';
import { canMount } from '../support/needs.js';
import { runner } from '../support/program.js';

async function registered() {
  const home = temporaryFolder();
  const registry = join(home, 'ports');
  const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
  await vports(['init', registry]);
  return { home, registry, vports };
}

const LONG = 'a'.repeat(500);

describe('bad input is a clear error, and nothing is written', () => {
  test('for every name, port and range that is none', async () => {
    const { vports, registry } = await registered();
    const before = git(registry, 'rev-parse', 'HEAD');
    const cases: [string[], number, string][] = [
      [['allocate', '../x'], 2, 'BAD_NAME'],
      [['allocate', '__proto__'], 2, 'BAD_NAME'],
      [['allocate', LONG], 2, 'BAD_NAME'],
      [['allocate', 'a\u001b[2Jb'], 2, 'BAD_NAME'],
      [['allocate', '25000'], 2, 'BAD_NAME'],
      [['allocate', '-x'], 2, 'BAD_USAGE'],
      [['allocate', '--', '-x'], 2, 'BAD_NAME'],
      [['allocate'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--port', '__proto__=1'], 2, 'BAD_NAME'],
      [['allocate', 'web', '--port', 'constructor=25000', '--port', 'constructor'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--port', '=25000'], 2, 'BAD_NAME'],
      [['allocate', 'web', '--port', 'api='], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '0'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '65536'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '1e3'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '08080'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '25000.5'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--port', '25000/sctp'], 2, 'BAD_PORT'],
      [['allocate', 'web', '--range', 'nowhere'], 2, 'UNKNOWN_RANGE'],
      [['allocate', 'web', '--range', '100-200'], 2, 'OUT_OF_RANGE'],
      [['allocate', 'web', '--range', '26000-25000'], 2, 'BAD_RANGE'],
      [['allocate', 'web', '--ttl', 'soon'], 2, 'BAD_TIME'],
      [['allocate', 'web', '--ttl', '5m'], 2, 'BAD_TIME'],
      [['allocate', 'web', '--block', '0'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--dynamic', '--branch', 'x'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', '../../x'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', '-f'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', 'a..b'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', 'x.lock'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', 'a/.b'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', 'HEAD'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', `${'a/'.repeat(99)}z`], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--branch', 'main/x'], 1, 'CONFLICT'],
      [['allocate', 'web', '--dir', '/nonexistent'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--owner', ''], 2, 'BAD_USAGE'],
      [['get', 'a\u007fb'], 2, 'BAD_NAME'],
      [['policy', 'set', 'lease.max', '999999w'], 2, 'BAD_USAGE'],
      [['policy', 'set', 'lease.default.x', '1'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--reason', 'two\nlines'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--reason', 'a'.repeat(501)], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--reason', ''], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--owner', 'a\u0007'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--nonsense'], 2, 'BAD_USAGE'],
      [['allocate', 'web', '--port', '8080', '--strict'], 1, 'PORT_RESERVED'],
      [['register', 'web', '8080'], 1, 'PORT_RESERVED'],
      [['register', 'web', '15000'], 2, 'OUT_OF_RANGE'],
      [['register', 'web'], 2, 'BAD_USAGE'],
      [['register', 'web', '25000', 'api=25000'], 2, 'BAD_USAGE'],
      [['register', 'web', 'api=25000', 'api=25001'], 2, 'BAD_USAGE'],
      [['register', 'web', '25000', '99999'], 2, 'BAD_PORT'],
      [['release', 'web', '--port', '99999'], 2, 'BAD_PORT'],
      [['release', 'web', '--strict'], 1, 'UNKNOWN_RESOURCE'],
      [['reassign', 'web', '--to', '1e4'], 2, 'BAD_PORT'],
      [['reassign', 'web'], 1, 'UNKNOWN_RESOURCE'],
      [['check', '99999'], 2, 'BAD_PORT'],
      [['check', '08080'], 2, 'BAD_PORT'],
      [['check', '../x'], 2, 'BAD_NAME'],
      [['who', 'web'], 2, 'BAD_PORT'],
      [['log', '99999'], 2, 'BAD_PORT'],
      [['log', '--type', 'painted'], 2, 'BAD_USAGE'],
      [['get', 'web', '--at', '--upload-pack=x'], 2, 'BAD_REVISION'],
      [['list', '--format', 'xml'], 2, 'BAD_USAGE'],
      [['policy', 'set', 'colour', 'red'], 2, 'BAD_USAGE'],
      [['frobnicate'], 2, 'BAD_USAGE'],
      [['free', '25000'], 2, 'BAD_USAGE'],
    ];
    for (const [args, status, code] of cases) {
      const run = await vports([
        ...args.slice(0, args.indexOf('--') >= 0 ? args.indexOf('--') : undefined),
        '--json',
        ...(args.includes('--') ? args.slice(args.indexOf('--')) : []),
      ]);
      expect(run.status, args.join(' ')).toBe(status);
      expect(JSON.parse(run.stdout).error, args.join(' ')).toMatchObject({
        code,
        message: expect.any(String),
        hint: expect.any(String),
      });
    }
    expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
    expect(git(registry, 'status', '--porcelain')).toBe('');
  });

  test.each([
    [['frob'], 'unknown command `frob`'],
    [['port-registry', 'frob', '25000'], 'unknown command `port-registry frob`'],
  ])('for the command %j, called as it was typed', async (args, message) => {
    const { vports } = await registered();
    const run = await vports(args);
    expect([run.status, run.stderr.split('\n')[0]]).toEqual([2, `error: ${message}`]);
  });

  test('in words, without a stack, and without what could steer a terminal', async () => {
    const { vports } = await registered();
    for (const args of [
      ['allocate', 'a\u001b[2Jb'],
      ['allocate', 'web', '--a\u001b[2Jb'],
      ['a\u001b[2Jb'],
      ['check', '1\u009b2'],
    ]) {
      const run = await vports(args);
      expect(run.status).toBe(2);
      expect(run.stderr).toMatch(/^error: /);
      expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|at .*\.js:/);
    }
  });

  test('of a broken service.json, with file, line and column', async () => {
    const { vports, home, registry } = await registered();
    const path = put(join(home, 'web/service.json'), '{\n  "name": "web",\n  "ports": {"main" 1}\n}\n');
    await vports(['allocate', 'web', '--no-docs']);
    for (const args of [['allocate', 'web'], ['docs'], ['release', 'web'], ['reassign', 'web']]) {
      const run = await vports([...args, '--json'], { cwd: join(home, 'web') });
      expect(run.status).toBe(2);
      expect(JSON.parse(run.stdout).error).toMatchObject({
        code: 'BAD_SERVICE_JSON',
        details: { file: path, line: 3, column: 20 },
      });
    }
    expect(eventFiles(registry)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe('{\n  "name": "web",\n  "ports": {"main" 1}\n}\n');
  });
});

describe('a registry that is none', () => {
  test.each<[string, (home: string) => void, string]>([
    ['is not there', () => undefined, 'REGISTRY_NOT_FOUND'],
    ['is a file', (home) => put(join(home, 'at'), 'x'), 'REGISTRY_NOT_FOUND'],
    ['is a plain folder', (home) => mkdirSync(join(home, 'at')), 'REGISTRY_NOT_FOUND'],
    [
      'has no policy',
      (home) => {
        mkdirSync(join(home, 'at'));
        git(join(home, 'at'), 'init', '-q', '-b', 'main');
        git(join(home, 'at'), 'commit', '-q', '--allow-empty', '-m', 'x');
      },
      'REGISTRY_NOT_FOUND',
    ],
    [
      'has no commits',
      (home) => {
        mkdirSync(join(home, 'at'));
        git(join(home, 'at'), 'init', '-q', '-b', 'main');
      },
      'REGISTRY_NOT_FOUND',
    ],
  ])('because it %s', async (_, make, code) => {
    const home = temporaryFolder();
    make(home);
    for (const args of [['list'], ['allocate', 'web']]) {
      const run = await runner(home)([...args, '--registry', 'at', '--json']);
      expect(run.status).toBe(78);
      expect(JSON.parse(run.stdout).error.code).toBe(code);
    }
  });

  test.each(['{"registry": "."', '{}', '{"registry": 1}', '{"registry": ".", "x": 1}', '[]', 'null', ''])(
    'because .vports.json is %j',
    async (content) => {
      const home = temporaryFolder();
      put(join(home, '.vports.json'), content);
      const run = await runner(home)(['list', '--json']);
      expect(run.status).toBe(78);
      expect(JSON.parse(run.stdout).error).toMatchObject({
        code: 'REGISTRY_NOT_FOUND',
        details: { file: join(home, '.vports.json') },
      });
    },
  );

  test.each([
    'ext::sh -c "touch pwned"',
    '--upload-pack=x',
    'ssh://-oProxyCommand=touch${IFS}pwned/x',
    '-oProxyCommand=touch@host:x',
    'file://-x',
    'git://host/x',
    'https://host/a b',
  ])('%j is never run or taken as an option', async (registry) => {
    const home = temporaryFolder();
    put(join(home, '.vports.json'), JSON.stringify({ registry }));
    expect((await runner(home)(['list'])).status).toBe(78);
    expect(existsSync(join(home, 'pwned'))).toBe(false);
  });
});

test('a detached HEAD is read, and refused by name to who would write', async () => {
  const { vports, registry } = await registered();
  git(registry, 'checkout', '-q', '--detach');
  const run = await vports(['allocate', 'web', '--json']);
  expect(JSON.parse(run.stdout).error).toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('detached'),
  });
  expect((await vports(['list'])).stdout).toBe('no port is held');
});

test('a data folder that cannot be made is CANNOT_WRITE', async () => {
  const home = temporaryFolder();
  put(join(home, 'file'), '');
  const run = await runner(home)(['allocate', 'web', '--json'], {
    env: { VPORTS_HOST_LOG: join(home, 'file/host.git') },
  });
  expect(run.status).toBe(73);
  expect(JSON.parse(run.stdout).error.code).toBe('CANNOT_WRITE');
});

test.runIf(process.platform === 'linux')(
  'a folder that the system never makes is CANNOT_WRITE, at once',
  async () => {
    const run = await runner(temporaryFolder())(['init', '/proc/vports', '--json']);
    expect(run.status).toBe(73);
  },
);

test('nesting without end is an error and no overflow', async () => {
  const { vports, home } = await registered();
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
  put(join(home, 'deep/service.json'), `{"name": "web", "x": ${deep}}`);
  const run = await vports(['docs', join(home, 'deep'), '--json']);
  expect(run.status).toBe(2);
  expect(JSON.parse(run.stdout).error.code).toBe('BAD_SERVICE_JSON');
});

test('an answer that cannot be written is no success', async () => {
  const { home } = await registered();
  const program = join(process.cwd(), 'dist/vports.cjs');
  const env = { PATH: process.env.PATH, HOME: home };
  const shell = spawnSync('sh', ['-c', `node ${program} list > /dev/full`], {
    encoding: 'utf8',
    env,
    cwd: home,
  });
  expect(shell).toMatchObject({
    status: 73,
    stderr: expect.stringMatching(/^error: cannot write the output/),
  });
});

/** A disk of two megabytes that goes with the test. */
function smallDisk(home: string): string {
  const disk = join(home, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', [disk]));
  return disk;
}

test.runIf(canMount)(
  'a full disk leaves the old state, and room lets it go on',
  { tags: ['slow'] },
  async () => {
    const home = temporaryFolder();
    const disk = smallDisk(home);
    for (const bare of [true, false]) {
      const registry = join(disk, bare ? 'bare.git' : 'ports');
      const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
      await vports(['init', registry, ...(bare ? ['--bare'] : [])]);
      await vports(['allocate', 'first']);
      const filler = join(disk, 'filler');
      for (const spare of [0, 1, 2, 3, 4, 6, 8, 12]) {
        fill(filler, spare);
        const run = await vports(['allocate', `web-${spare}`, '--json']);
        if (run.status !== 0)
          expect(JSON.parse(run.stdout).error, run.stdout).toMatchObject({ code: 'CANNOT_WRITE' });
        writeFileSync(filler, '');
        const after = await vports(['list', '--json']);
        expect(JSON.parse(after.stdout).ports).toHaveLength(eventFiles(registry).length);
        if (!bare) expect(git(registry, 'status', '--porcelain')).toBe('');
        fsck(registry);
      }
      expect((await vports(['allocate', 'last'])).status).toBe(0);
    }
  },
);

test.runIf(canMount)('what does not fit on the disk leaves nothing of itself there', async () => {
  const home = temporaryFolder();
  const disk = smallDisk(home);
  const registry = join(disk, 'ports.git');
  const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
  await vports(['init', registry, '--bare']);
  const rows = Array.from({ length: 400 }, (_, index) => `service-${index},${30_000 + index}`);
  const table = put(join(home, 'ports.csv'), `resource,port\n${rows.join('\n')}\n`);
  const filler = join(disk, 'filler');
  fill(filler, 16);
  const refused = await vports(['import', table, '--json']);
  expect(JSON.parse(refused.stdout).error, refused.stdout).toMatchObject({ code: 'CANNOT_WRITE' });
  const left = readdirSync(join(registry, 'objects'), { recursive: true }).map(String);
  expect(left.filter((name) => name.includes('tmp_'))).toEqual([]);
  expect(left.filter((name) => /\.(pack|idx)$/.test(name))).toEqual([]);
  writeFileSync(filler, '');
  expect((await vports(['import', table])).status).toBe(0);
  expect(eventFiles(registry)).toHaveLength(400);
  fsck(registry);
});

/** Fills the disk but for so many pages of 4 KiB. */
function fill(path: string, spare: number): void {
  const chunk = Buffer.alloc(4096);
  const chunks: Buffer[] = [];
  try {
    for (;;) {
      writeFileSync(path, chunk, { flag: 'a' });
      chunks.push(chunk);
    }
  } catch {
    writeFileSync(path, Buffer.concat(chunks.slice(0, Math.max(0, chunks.length - spare))));
  }
}
