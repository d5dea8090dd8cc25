import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { cacheFolderOf } from '../../src/log/fold/cache.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git, tryGit } from '../support/git.js';
import { KILLER } from '../support/kill-everywhere.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

interface Finding {
  code: string;
  level: string;
  fixed: boolean;
}

/** Findings about this machine are its own affair: what a test asserts is about the registry. */
const HOST = [
  'EPHEMERAL_RANGE',
  'NODE_PORT',
  'IN_CONTAINER',
  'OTHER_USERS',
  'DOCKER_EPHEMERAL',
  'OTHER_REGISTRIES',
];

function doctor(home: string, path?: string) {
  const vports = runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git'), VPORTS_REGISTRY: path } });
  return {
    vports,
    look: async (...args: string[]) => {
      const run = await vports(['doctor', '--json', ...args]);
      const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
      return {
        status: run.status,
        codes: findings
          .filter(({ code }) => !HOST.includes(code))
          .map(({ code, fixed }) => (fixed ? `fixed ${code}` : code)),
      };
    },
  };
}

test('a sound registry is nothing to speak of', async () => {
  const { look } = doctor(temporaryFolder(), await newRegistry({ bare: false }));
  expect(await look()).toEqual({ status: 0, codes: [] });
});

test('what a killed writer left is told, left alone by who only looks, and mended by --fix', {
  tags: ['slow'],
}, async () => {
  const home = temporaryFolder();
  const path = await newRegistry({ bare: false });
  const { look, vports } = doctor(home, path);
  const seen = new Set<string>();
  for (let at = 3; ; at += 7) {
    const env = { KILL_AT: String(at) };
    const { signal } = await vports(['allocate', `r${at}`], { env, nodeArgs: ['--import', KILLER] });
    if (signal === null) break;
    const { codes, status } = await look();
    expect(await look()).toEqual({ codes, status });
    for (const code of codes) seen.add(code);
    if (codes.length === 0) continue;
    const fixed = await look('--fix');
    expect(fixed.codes).toEqual(codes.map((code) => `fixed ${code}`));
    expect(await look()).toEqual({ status: 0, codes: [] });
    expect(git(path, 'status', '--porcelain')).toBe('');
  }
  expect([...seen].sort()).toEqual(['STALE_LOCK', 'UNFINISHED_WRITE']);
  fsck(path);
});

test('temporary files and caches that nobody will use again are removed, and nobody else', async () => {
  const home = temporaryFolder();
  const path = await newRegistry({ bare: true });
  const { look, vports } = doctor(home, path);
  await vports(['allocate', 'web']);
  const folder = join(path, 'objects', 'aa');
  mkdirSync(folder, { recursive: true });
  const [old, young] = ['tmp_obj_old', 'tmp_obj_young'].map((name) => put(join(folder, name), 'x'));
  utimesSync(old!, new Date(0), new Date(0));
  put(join(cacheFolderOf(path), 'another-version/state.json'), 'x'.repeat(3000));
  expect((await look()).codes).toEqual(['TEMPORARY_FILES', 'OLD_CACHE']);
  expect((await look('--fix')).codes).toEqual(['fixed TEMPORARY_FILES', 'fixed OLD_CACHE']);
  expect(readdirSync(folder).filter((name) => name.startsWith('tmp_'))).toEqual([
    young!.slice(folder.length + 1),
  ]);
  expect(readdirSync(cacheFolderOf(path))).toHaveLength(1);
});

describe('what stands in the way of the registry is a finding, never an error', () => {
  test.each<[string, (path: string) => void, string[]]>([
    ['a detached HEAD', (path) => void git(path, 'checkout', '-q', '--detach'), ['DETACHED_HEAD']],
    [
      'a merge under way',
      (path) => writeFileSync(join(path, '.git/MERGE_HEAD'), git(path, 'rev-parse', 'HEAD')),
      ['UNDER_WAY'],
    ],
    [
      'a policy that cannot be read',
      (path) => {
        writeFileSync(join(path, 'policy.json'), '{"format": 1, "ranges": 3}');
        git(path, 'commit', '-qam', 'break');
      },
      ['BAD_POLICY'],
    ],
    [
      'a damaged history',
      (path) => {
        put(join(path, 'events/tcp/30xxx/300xx/30000/0002.json'), '{}');
        git(path, 'add', '.');
        git(path, 'commit', '-qm', 'break');
      },
      ['STREAM_DAMAGED'],
    ],
    ['a git that was killed', (path) => writeFileSync(join(path, '.git/index.lock'), ''), ['GIT_LOCK']],
    [
      'no .gitattributes',
      (path) => {
        git(path, 'rm', '-q', '.gitattributes');
        git(path, 'commit', '-qm', 'drop');
      },
      ['NO_GITATTRIBUTES'],
    ],
    [
      'pushes that are refused',
      (path) => void git(path, 'config', '--unset', 'receive.denyCurrentBranch'),
      ['PUSH_REFUSED'],
    ],
    [
      'a lock that says nothing',
      (path) => put(join(path, '.git/vports/writer.lock'), '?') && undefined,
      ['STALE_LOCK'],
    ],
  ])('%s', async (_, spoil, codes) => {
    const path = await newRegistry({ bare: false });
    spoil(path);
    const { look } = doctor(temporaryFolder(), path);
    expect((await look()).codes).toEqual(codes);
  });

  test('a registry that is not there, or of a kind that cannot be written', async () => {
    const home = temporaryFolder();
    expect(await doctor(home, join(home, 'none')).look()).toEqual({
      status: 1,
      codes: ['REGISTRY_NOT_FOUND'],
    });
    const path = await newRegistry({ bare: true });
    git(path, 'config', 'extensions.objectFormat', 'sha256');
    expect(await doctor(home, path).look('--fix')).toEqual({ status: 1, codes: ['UNSUPPORTED_REPOSITORY'] });
  });

  test('nobody to sign with', async () => {
    const home = temporaryFolder();
    const vports = runner(home, {
      env: {
        VPORTS_HOST_LOG: join(home, 'host.git'),
        GIT_AUTHOR_NAME: undefined,
        GIT_AUTHOR_EMAIL: undefined,
      },
    });
    expect((await vports(['doctor'])).stdout).toMatch(/warning SYSTEM_IDENTITY: .*\n {2}git config --global/);
  });
});

(process.getuid?.() === 0 ? testWith('unshare') : test.skip)(
  'the line that it prints protects the ranges from the kernel',
  async () => {
    const run = async (script: string) =>
      (
        await promisify(execFile)('unshare', ['--net', 'sh', '-c', script], {
          env: { PATH: process.env.PATH, HOME: temporaryFolder(), VPORTS: resolve('dist/vports.cjs') },
        })
      ).stdout;
    const told = await run('node "$VPORTS" doctor');
    const line = /EPHEMERAL_RANGE: .*\n {2}echo net\.ipv4\.ip_local_reserved_ports=(\S+) /.exec(told)?.[1];
    expect(line).toBe('32768-49999');
    const protect = `echo ${line} > /proc/sys/net/ipv4/ip_local_reserved_ports`;
    expect(await run(`${protect}; node "$VPORTS" doctor`)).not.toContain('EPHEMERAL_RANGE');
    expect(await run(`${protect}; node "$VPORTS" allocate web --range ides 2>&1`)).not.toContain('EPHEMERAL');
    expect(await run('node "$VPORTS" allocate web --range ides 2>&1')).toContain('EPHEMERAL'.toLowerCase());
  },
);

describe('attributes that let git merge two claims into one', () => {
  test.each([[true], [false]])('are mended, in a registry that is bare: %s', async (bare) => {
    const path = await newRegistry({ bare: false });
    put(
      join(path, '.gitattributes'),
      '# ours\n* -text -filter -ident -working-tree-encoding\n*.json merge=union\n',
    );
    git(path, 'commit', '-qam', 'as it was made once');
    const registry = bare ? join(temporaryFolder(), 'ports.git') : path;
    if (bare) git(path, 'clone', '-q', '--bare', path, registry);
    const { look } = doctor(temporaryFolder(), registry);
    expect((await look()).codes).toContain('NO_GITATTRIBUTES');
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: registry } });
    const fixed = JSON.parse((await vports(['doctor', '--fix', '--json'])).stdout);
    expect(fixed.findings).toContainEqual(expect.objectContaining({ code: 'NO_GITATTRIBUTES', fixed: true }));
    expect((await look()).codes).not.toContain('NO_GITATTRIBUTES');
    expect(git(registry, 'show', 'HEAD:.gitattributes')).toBe(
      '# ours\n*.json merge=union\n* -text -filter -ident -working-tree-encoding merge',
    );
    expect((await vports(['allocate', 'web'])).status).toBe(0);
  });

  test("those that a registry is made with stand above the user's own and those around it", async () => {
    const path = await newRegistry({ bare: false });
    const own = put(join(temporaryFolder(), 'attributes'), '* merge=union\n');
    git(path, 'config', 'core.attributesFile', own);
    const other = join(temporaryFolder(), 'other');
    git(path, 'clone', '-q', path, other);
    git(other, 'remote', 'remove', 'origin');
    await runner(temporaryFolder(), { env: { VPORTS_REGISTRY: other } })([
      'allocate',
      'web',
      '--port',
      '26700',
    ]);
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
    await vports(['allocate', 'api', '--port', '26700']);
    git(path, 'fetch', '-q', other, 'main:topic');
    expect(tryGit(path, 'merge', '-q', 'topic').status).toBe(1);
    git(path, 'merge', '--abort');
    // Without the word, git makes one file of both: that is a damaged stream, and no free port.
    put(join(path, '.gitattributes'), '* -text -filter -ident -working-tree-encoding\n');
    git(path, 'commit', '-qam', 'as it was made once');
    git(path, 'merge', '-q', '--no-edit', 'topic');
    const taken = await vports(['check', '26700', '--json']);
    expect(JSON.parse(taken.stdout).verdict).not.toBe('free');
    expect((await vports(['verify'])).status).toBe(1);
    expect((await vports(['allocate', 'more', '--port', '26700'])).stdout).not.toBe('26700');
  });
});

test.each<[string, (text: string) => string]>([
  ['a formatter', (text) => JSON.stringify(JSON.parse(text), null, 4)],
  ['line ends', (text) => text.replaceAll('\n', '\r\n')],
  ['two events in one file', (text) => text.replace('"v": 1,', '"v": 1,\n  "v": 1,')],
])(
  'a port whose history was broken by %s is never free, nor is its name given another one',
  async (_, spoil) => {
    const path = await newRegistry({ bare: false });
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
    await vports(['allocate', 'web', '--port', '26700']);
    await vports(['allocate', 'other', '--port', '26701']);
    const file = join(path, 'events/tcp/26xxx/267xx/26700/0001.json');
    writeFileSync(file, spoil(readFileSync(file, 'utf8')));
    git(path, 'commit', '-qam', 'spoil');
    const head = git(path, 'rev-parse', 'HEAD');
    for (const args of [
      ['check', '26700'],
      ['port-registry', 'check', '26700'],
      ['get', 'web'],
      ['show', 'web'],
      ['env', 'web'],
      ['allocate', 'web'],
    ])
      expect([args, (await vports(args)).status, (await vports(args)).stdout]).toEqual([args, 65, '']);
    expect((await vports(['exec', 'web', '--', 'true'])).status).toBe(125);
    expect((await vports(['get', 'other'])).stdout).toBe('26701');
    expect((await vports(['allocate', 'new', '--port', '26700'])).stdout).not.toBe('26700');
    expect(git(path, 'rev-parse', 'HEAD~1')).toBe(head);
    // What counts is known: whoever ends it puts that back in the same commit.
    expect((await vports(['release', 'web'])).status).toBe(0);
    expect((await vports(['verify'])).status).toBe(0);
    expect((await vports(['check', '26700', '--json'])).stdout).toContain('"available"');
  },
);

describe('events that were changed after they had been written', () => {
  const eventOf = (port: number) =>
    `events/tcp/${String(port).slice(0, 2)}xxx/${String(port).slice(0, 3)}xx/${port}/0001.json`;

  async function registryWith(...resources: string[]) {
    const home = temporaryFolder();
    const path = await newRegistry({ bare: false });
    const { look, vports } = doctor(home, path);
    for (const [index, it] of resources.entries()) {
      expect((await vports(['allocate', it, '--port', String(27421 + index)])).status).toBe(0);
    }
    return { path, look, vports };
  }

  test('become what they were in one commit that passes the gate, and what came later stays', async () => {
    const { path, look, vports } = await registryWith('web', 'api');
    for (const port of [27421, 27422]) {
      const file = join(path, eventOf(port));
      writeFileSync(file, `${JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), null, 4)}\n`);
    }
    git(path, 'commit', '-qam', 'Format');
    expect((await vports(['allocate', 'later', '--port', '27423'])).status).toBe(0);
    const damaged = git(path, 'rev-parse', 'HEAD').trim();
    expect((await vports(['who', '27421'])).status).toBe(65);
    expect(await look()).toEqual({ status: 1, codes: ['STREAM_DAMAGED', 'STREAM_DAMAGED'] });

    expect((await look('--fix')).codes).toEqual(['fixed STREAM_DAMAGED', 'fixed STREAM_DAMAGED']);
    expect(git(path, 'rev-list', '--count', `${damaged}..HEAD`).trim()).toBe('1');
    expect(git(path, 'status', '--porcelain')).toBe('');
    for (const [resource, port] of Object.entries({ web: '27421', api: '27422', later: '27423' }))
      expect((await vports(['get', resource])).stdout).toBe(port);
    for (const args of [['verify'], ['verify', '--base', damaged]]) {
      const { status, stdout } = await vports([...args, '--json']);
      expect([status, JSON.parse(stdout).warnings[0].code]).toEqual([0, 'RESTORED']);
    }
    expect(await look()).toEqual({ status: 0, codes: [] });
    fsck(path);
  });

  test('of two claims that were merged into one file the first parent keeps the port, and the other gets another', async () => {
    const { path, look, vports } = await registryWith();
    const other = join(temporaryFolder(), 'other');
    cpSync(path, other, { recursive: true });
    expect((await vports(['allocate', 'ours', '--port', '27431'])).stdout).toBe('27431');
    const there = await vports(['allocate', 'theirs', '--port', '27431', '--registry', other]);
    expect(there.stdout).toBe('27431');
    git(path, 'fetch', '-q', other, 'main');
    put(join(path, '.git/info/attributes'), '* merge=union\n');
    git(path, 'merge', '-q', 'FETCH_HEAD', '-m', 'Merge');
    expect((await vports(['get', 'ours'])).status).toBe(65);
    const { codes } = await look('--fix');
    expect(codes).toEqual(['fixed STREAM_DAMAGED', 'CONFLICT']);
    expect((await vports(['get', 'ours'])).stdout).toBe('27431');
    expect((await vports(['get', 'theirs'])).stdout).toBe('27000');
    expect((await vports(['verify'])).status).toBe(0);
  });

  test('that never were events are removed', async () => {
    const { path, look } = await registryWith('web');
    put(join(path, 'events/tcp/27xxx/274xx/27421/0002.json'), '{}');
    git(path, 'add', '.');
    git(path, 'commit', '-qm', 'Break');
    expect((await look('--fix')).codes).toEqual(['fixed STREAM_DAMAGED']);
    expect((await look()).codes).toEqual([]);
  });
});

describe('owners of ranges', () => {
  async function owned(file: string) {
    const path = await newRegistry({ bare: false });
    const { vports, look } = doctor(temporaryFolder(), path);
    put(join(path, file), '* @acme/everybody\n');
    git(path, 'add', '.');
    git(path, 'commit', '-qm', 'owners');
    await vports(['policy', 'add-range', 'games', '12000-12199', '--owner', '@acme/games']);
    const text = () => readFileSync(join(path, file), 'utf8');
    return { path, vports, look, text };
  }

  test('come into CODEOWNERS by --fix, in a commit, and out again', async () => {
    const { path, vports, look, text } = await owned('.github/CODEOWNERS');
    expect(await look()).toEqual({ status: 0, codes: ['OWNERS_DIFFER'] });
    expect((await look('--fix')).codes).toEqual(['fixed OWNERS_DIFFER']);
    expect(text()).toBe(`* @acme/everybody
# vports: owners of ranges
/events/tcp/12xxx/120xx/ @acme/games
/events/tcp/12xxx/121xx/ @acme/games
/events/udp/12xxx/120xx/ @acme/games
/events/udp/12xxx/121xx/ @acme/games
# vports: end
`);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(git(path, 'log', '-1', '--format=%s')).toBe('ask the owners of ranges about their ports');
    expect((await look()).codes).toEqual([]);
    await vports(['policy', 'set', 'ranges.games.owner', 'the games team']);
    expect((await look('--fix')).codes).toEqual(['fixed OWNERS_DIFFER']);
    expect(text()).toBe('* @acme/everybody\n# vports: owners of ranges\n# vports: end\n');
  });

  test('are regular expressions where Gitea looks, and need a block that ends', async () => {
    const { path, look, text } = await owned('.gitea/CODEOWNERS');
    await look('--fix');
    expect(text()).toContain('\nevents/tcp/12xxx/120xx/.* @acme/games\n');
    put(join(path, '.gitea/CODEOWNERS'), text().replace('# vports: end\n', ''));
    git(path, 'commit', '-qam', 'cut');
    expect((await look('--fix')).codes).toEqual(['OWNERS_DIFFER']);
  });

  test('are in ranges and the policy, and review names the one that was there before', async () => {
    const { path, vports } = await owned('CODEOWNERS');
    expect((await vports(['ranges'])).stdout).toMatch(
      /OWNER[\s\S]*games +12000-12199 +0 +200 +@acme\/games +games/,
    );
    expect(JSON.parse((await vports(['ranges', '--json'])).stdout).ranges[0].owner).toBe('@acme/games');
    await vports(['allocate', 'chess', '--range', 'games', '--branch', 'topic']);
    await vports(['policy', 'set', 'ranges.games.owner', '@mallory', '--branch', 'topic']);
    const { stdout } = await vports(['review', 'main', 'topic']);
    expect(stdout).toContain('games: 0 -> 1 of 200 ports held, owner @acme/games');
    expect(stdout).toMatch(/policy: range games: .*owner @acme\/games -> .*owner @mallory/);
    expect(git(path, 'status', '--porcelain')).toBe('');
    const bad = await vports(['policy', 'set', 'ranges.games.owner', '""']);
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('"owner" of the range games')]);
  });
});
