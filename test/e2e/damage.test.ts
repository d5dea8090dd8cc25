import {
  chmodSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const EVENT = (port: number, version = 1) => `events/tcp/30xxx/300xx/${port}/000${version}.json`;

/** A checked-out registry in which web has 30000 and db has 30001. */
async function registry({ bare = false } = {}) {
  const path = await newRegistry({ bare });
  const home = temporaryFolder();
  const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web']);
  await vports(['allocate', 'db']);
  const commit = () => {
    git(path, 'add', '-A');
    git(path, 'commit', '-qm', 'x');
  };
  return { path, home, vports, commit };
}

describe('a file below events/ that never was an event of its place', () => {
  const strays: [string, (path: string) => string][] = [
    ['a copy in another stream', () => EVENT(30002)],
    ['a copy under the next version', () => EVENT(30000, 2)],
    ['a file beside an event', () => EVENT(30000).replace('0001.json', 'copy.json')],
    ['a file in no stream', () => 'events/notes.txt'],
    ['a folder in a stream', () => EVENT(30001).replace('0001.json', 'old/0001.json')],
  ];

  test.each(strays)('%s: other ports go on, and doctor --fix removes it', async (_, place) => {
    const { path, vports, commit } = await registry();
    const stray = join(path, place(path));
    put(stray, readFileSync(join(path, EVENT(30000)), 'utf8'));
    commit();
    expect((await vports(['get', 'db'])).status).toBe(stray.includes('30001') ? 65 : 0);
    expect((await vports(['verify'])).stdout).toMatch(/PATH_MISMATCH|VERSION_GAP/);
    expect((await vports(['doctor'])).status).toBe(1);
    expect((await vports(['doctor', '--fix'])).stdout).toMatch(
      /fixed (STREAM_DAMAGED|PATH_MISMATCH|VERSION_GAP)/,
    );
    expect(existsSync(stray)).toBe(false);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect((await vports(['verify'])).status).toBe(0);
    for (const [name, port] of [
      ['web', '30000'],
      ['db', '30001'],
    ])
      expect((await vports(['get', name!])).stdout).toBe(port);
    expect((await vports(['allocate', 'new'])).stdout).toBe('30002');
    fsck(path);
  });

  test('may be deleted by hand, and passes the gate then', async () => {
    const { path, vports, commit } = await registry();
    put(join(path, EVENT(30002)), readFileSync(join(path, EVENT(30000)), 'utf8'));
    commit();
    expect((await vports(['get', 'web'])).stdout).toBe('30000');
    git(path, 'switch', '-qc', 'topic');
    rmSync(join(path, EVENT(30002)));
    commit();
    expect((await vports(['verify', '--base', 'main'])).status).toBe(0);
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--ff-only', 'topic');
    expect((await vports(['verify'])).status).toBe(0);
    expect((await vports(['check', '30002'])).status).toBe(0);
    expect((await vports(['allocate', 'new'])).stdout).toBe('30002');
    // From now on there is an event, and it counts.
    rmSync(join(path, EVENT(30002)));
    commit();
    expect((await vports(['check', '30002'])).status).toBe(65);
  });
});

describe('a policy.json that cannot be read', () => {
  test.each<[string, (file: string) => void]>([
    ['is gone', (file) => rmSync(file)],
    ['is empty', (file) => writeFileSync(file, '')],
    ['is cut off', (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, 200))],
    ['is no JSON', (file) => writeFileSync(file, '<<<<<<< HEAD\n')],
  ])(
    '%s: holdings are read by the last one, nothing is granted, and doctor --fix puts it back',
    async (_, damage) => {
      const { path, vports, commit } = await registry();
      const file = join(path, 'policy.json');
      const before = readFileSync(file, 'utf8');
      damage(file);
      commit();
      const got = await vports(['get', 'web']);
      expect([got.stdout, got.status]).toEqual(['30000', 0]);
      expect(got.stderr).toContain('using the last readable policy');
      expect((await vports(['check', '30000'])).stdout).toBe('web');
      expect((await vports(['check', '30050'])).status).toBe(78);
      const head = git(path, 'rev-parse', 'HEAD');
      for (const args of [
        ['allocate', 'new'],
        ['register', 'x', '30051'],
        ['release', 'web'],
        ['reassign', 'db'],
      ]) {
        const refused = await vports(args);
        expect([refused.status, refused.stderr]).toEqual([
          78,
          expect.stringMatching(/restore the last readable policy with `vports doctor --fix`/),
        ]);
      }
      expect(git(path, 'rev-parse', 'HEAD')).toBe(head);
      expect((await vports(['doctor', '--fix'])).stdout).toContain('fixed BAD_POLICY');
      expect(readFileSync(file, 'utf8')).toBe(before);
      expect(git(path, 'status', '--porcelain')).toBe('');
      expect((await vports(['allocate', 'new'])).status).toBe(0);
      expect((await vports(['verify'])).status).toBe(0);
    },
  );

  test('is a link: it is named, and once that is removed doctor --fix puts the policy back', async () => {
    const { path, vports, commit } = await registry();
    const file = join(path, 'policy.json');
    rmSync(file);
    symlinkSync('README.md', file);
    commit();
    expect((await vports(['get', 'web'])).stdout).toBe('30000');
    expect((await vports(['doctor', '--fix'])).stdout).toContain(`${file} is a symbolic link`);
    rmSync(file);
    expect((await vports(['doctor', '--fix'])).stdout).toContain('fixed BAD_POLICY');
    expect((await vports(['allocate', 'new'])).status).toBe(0);
  });

  test('a program by its mode is the same policy; an unknown key, and a newer format, stay what they are', async () => {
    const { path, vports, commit } = await registry();
    const file = join(path, 'policy.json');
    const before = readFileSync(file, 'utf8');
    chmodSync(file, 0o755);
    commit();
    expect((await vports(['get', 'web'])).stdout).toBe('30000');
    writeFileSync(file, before.replace('"format": 1', '"format": 1, "unheard": 2'));
    commit();
    expect((await vports(['get', 'web'])).status).toBe(78);
    writeFileSync(file, before.replace('"format": 1', '"format": 99'));
    commit();
    expect((await vports(['get', 'web'])).stderr).toMatch(/upgrade vports/);
  });
});

describe('a damaged object', () => {
  const looseOf = (path: string, oid: string) => join(path, 'objects', oid.slice(0, 2), oid.slice(2));

  test.each([
    ['a commit', 'HEAD~1'],
    ['a tree', 'HEAD:events'],
    ['an event', `HEAD~1:${EVENT(30000)}`],
    ['the policy', 'HEAD:policy.json'],
  ])(
    '%s is named with what refers to it by doctor and verify, exit 65, and nothing is forgotten',
    async (_, name) => {
      const { path, vports } = await registry({ bare: true });
      const oid = git(path, 'rev-parse', name);
      const file = looseOf(path, oid);
      const bytes = readFileSync(file);
      rmSync(file);
      const verified = await vports(['verify']);
      expect(verified.status).toBe(65);
      expect(verified.stderr).toMatch(new RegExp(`missing \\w+ ${oid}, which (commit|tree|refs)`));
      expect((await vports(['doctor'])).stdout).toContain(oid);
      put(file, 'garbage');
      expect((await vports(['verify'])).status).toBe(65);
      expect((await vports(['doctor', '--fix'])).status).toBe(1);
      // It was put aside, not deleted; and the copy that doctor asks for is the way back.
      expect(readdirSync(join(path, 'vports/damaged'))).toEqual([oid]);
      put(file, '');
      writeFileSync(file, bytes);
      expect((await vports(['verify'])).status).toBe(0);
      expect((await vports(['get', 'web'])).stdout).toBe('30000');
    },
  );

  test('of which the checked-out file is there comes from that', async () => {
    const { path, vports } = await registry();
    for (const name of [EVENT(30000), 'policy.json'])
      rmSync(looseOf(join(path, '.git'), git(path, 'rev-parse', `HEAD:${name}`)));
    expect((await vports(['doctor', '--fix'])).stdout).toContain('fixed LOG_DAMAGED');
    expect((await vports(['verify'])).status).toBe(0);
    fsck(path);
  });

  test('in a pack whose index is gone, or that is cut off behind it, comes from the pack', async () => {
    const { path, vports } = await registry({ bare: true });
    git(path, 'gc', '-q', '--prune=now');
    const [index] = readdirSync(join(path, 'objects/pack')).filter((it) => it.endsWith('.idx'));
    rmSync(join(path, 'objects/pack', index!));
    expect((await vports(['doctor', '--fix'])).stdout).toContain('fixed LOG_DAMAGED');
    expect((await vports(['verify'])).status).toBe(0);
    expect((await vports(['list'])).stdout).toContain('30001/tcp');
  });

  test('of the clone of a remote is fetched again, and what was not pushed stays', async () => {
    const home = temporaryFolder();
    const remote = join(home, 'remote.git');
    git(home, 'init', '-q', '--bare', '-b', 'main', remote);
    const env = { VPORTS_REGISTRY: `file://${remote}` };
    const vports = runner(home, { env });
    await vports(['init', join(home, 'first'), '--remote', env.VPORTS_REGISTRY]);
    await vports(['allocate', 'web']);
    await vports(['allocate', 'own', '--branch', 'mine']);
    const folder = join(home, '.local/share/vports/remotes');
    const [name] = existsSync(folder) ? readdirSync(folder) : [];
    const clone = name ? join(folder, name) : undefined;
    expect(clone).toBeDefined();
    const oids = ['main', 'main:policy.json', 'main:events'].map((it) => git(clone!, 'rev-parse', it));
    for (const oid of oids) if (existsSync(looseOf(clone!, oid))) rmSync(looseOf(clone!, oid));
    const mended = await vports(['doctor', '--fix']);
    expect(mended.stdout).toContain('fixed LOG_DAMAGED');
    expect((await vports(['get', 'web'])).stdout).toBe('30000');
    expect((await vports(['allocate', 'more'])).status).toBe(0);
    expect(git(clone!, 'log', '-1', '--format=%s', 'mine')).toContain('own');
    fsck(clone!);
  });
});

describe('the log of this machine', () => {
  test.each([
    ['HEAD', ''],
    ['config', ''],
    ['refs/heads/main', ''],
  ])('whose %s says nothing stops no other registry, and doctor --fix mends it', async (name, text) => {
    const path = await newRegistry({ bare: true });
    const home = temporaryFolder();
    const host = join(home, 'host.git');
    const own = runner(home, { env: { VPORTS_HOST_LOG: host } });
    const vports = runner(home, { env: { VPORTS_HOST_LOG: host, VPORTS_REGISTRY: path } });
    await vports(['allocate', 'web']);
    const leased = (await vports(['allocate', 'e2e', '--ttl', '2h'])).stdout;
    const file = join(host, name);
    copyFileSync(file, join(home, 'kept'));
    writeFileSync(file, text);
    const got = await vports(['get', 'web']);
    expect([got.status, got.stdout]).toEqual([0, '30000']);
    expect(got.stderr).toContain('cannot read the leases of this machine');
    expect((await vports(['allocate', 'api'])).stdout).toBe('30001');
    const lease = await vports(['allocate', 'more', '--ttl', '2h']);
    expect([lease.status, lease.stderr]).toEqual([65, expect.stringContaining('vports doctor --fix')]);
    expect((await own(['doctor', '--fix'])).stdout).toContain('fixed LOG_DAMAGED');
    expect((await vports(['get', 'e2e'])).stdout).toBe(leased);
    expect((await vports(['allocate', 'more', '--ttl', '2h'])).status).toBe(0);
    fsck(host);
  });
});

test('the memory of what was seen is kept twice: a remote that was rewound is noticed with either', async () => {
  const home = temporaryFolder();
  const remote = join(home, 'remote.git');
  git(home, 'init', '-q', '--bare', '-b', 'main', remote);
  const vports = runner(home, { env: { VPORTS_REGISTRY: `file://${remote}` } });
  await vports(['init', join(home, 'first'), '--remote', `file://${remote}`]);
  await vports(['allocate', 'web']);
  await vports(['allocate', 'db']);
  const clone = join(
    home,
    '.local/share/vports/remotes',
    readdirSync(join(home, '.local/share/vports/remotes'))[0]!,
  );
  git(remote, 'update-ref', 'refs/heads/main', git(remote, 'rev-parse', 'main~1'));
  for (const text of ['', 'garbage\n']) {
    writeFileSync(join(clone, 'refs/vports/seen'), text);
    const synced = await vports(['sync']);
    expect([synced.status, synced.stderr]).toEqual([65, expect.stringContaining('rewr')]);
  }
  rmSync(join(home, '.local/share/vports/seen'), { recursive: true });
  expect((await vports(['sync'])).stderr).toContain('earlier removals there will not be detected');
  expect((await vports(['doctor', '--fix'])).stdout).toContain('refs/vports/seen is not a valid ref');
});
