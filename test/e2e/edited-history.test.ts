import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventPath } from '../../events/event-path.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git, tryGit } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const WEB = eventPath({ port: 30000, protocol: 'tcp' }, 1);
const json = (run: Run) => JSON.parse(run.stdout);
const codes = (run: Run) => json(run).warnings.map(({ code }: { code: string }) => code);

/** A registry that a team shares, with `web` on 30000 and `api` on 30001, and a clone for who uses git alone. */
async function team() {
  const folder = temporaryFolder();
  const remote = join(folder, 'ports.git');
  await placeRegistry(remote, { bare: true });
  const machine = (env: Record<string, string> = {}) => {
    return runner(temporaryFolder(), { env: { VPORTS_REGISTRY: `file://${remote}`, ...env } });
  };
  const ada = machine();
  expect((await ada(['allocate', 'web'])).stdout).toBe('30000');
  expect((await ada(['allocate', 'api'])).stdout).toBe('30001');
  const clone = join(folder, 'clone');
  git(folder, 'clone', '-q', remote, 'clone');
  const spoil = (change: (text: string) => string) => {
    const path = join(clone, WEB);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
    git(clone, 'commit', '-qam', 'tidy', '--author', 'Mallory <m@example.com>');
    git(clone, 'push', '-q', 'origin', 'HEAD:main');
  };
  const counted = git(remote, 'rev-parse', `main:${WEB}`);
  return { remote, machine, ada, clone, spoil, counted };
}

const evil = (text: string) => text.replace('"web"', '"evil"');

describe('an event that a plain commit on main changes', () => {
  test('is damage to every command, which names the commit and who made it', async () => {
    const { ada, spoil, clone } = await team();
    spoil(evil);
    const commit = git(clone, 'rev-parse', '--short=10', 'HEAD');
    const commands = [
      'sync',
      'list',
      'who 30000',
      'check 30000',
      'log',
      'diff HEAD~1',
      'status',
      'doctor',
      'verify',
    ];
    for (const it of [...commands, 'get web', 'env web', 'allocate web']) {
      const run = await ada(it.split(' '));
      const told = run.stdout + run.stderr;
      expect(told, it).toContain('Mallory');
      expect(told, it).toContain(commit);
      expect(told, it).not.toContain('evil');
    }
  });

  test('makes its port nobody’s: the last good holder is shown, and nobody else is given it', async () => {
    const { ada, spoil } = await team();
    spoil(evil);
    expect(codes(await ada(['sync', '--json']))).toEqual(['STREAM_DAMAGED']);
    const { ports } = json(await ada(['list', '--json']));
    expect(ports.map(({ resource }: { resource: string }) => resource)).toEqual(['web', 'api']);
    expect((await ada(['get', 'evil'])).status).toBe(1);
    expect((await ada(['allocate', 'x', '--port', 'main=30000'])).stdout).not.toContain('30000');
    expect((await ada(['release', 'x'])).status).toBe(0);
    expect((await ada(['allocate', 'more'])).stdout).toBe('30002');
    expect((await ada(['get', 'api'])).stdout).toBe('30001');
  });

  test('is put back, byte for byte, by the commit of a release', () => isPutBack(['release', 'web']));

  test.for<[string, string[]]>([
    ['reassign', ['reassign', 'web']],
    ['describe', ['describe', 'web', '--owner', 'us']],
    ['undo', ['undo', WEB]],
    ['doctor --fix', ['doctor', '--fix']],
  ])('is put back by the commit of %s too', { tags: ['slow'] }, ([, args]) => isPutBack(args));

  async function isPutBack(args: string[]): Promise<void> {
    const { ada, spoil, remote, counted } = await team();
    spoil(evil);
    await ada(['sync']);
    const run = await ada(args);
    expect(run.status, run.stderr).toBeLessThan(2);
    expect(git(remote, 'rev-parse', `main:${WEB}`)).toBe(counted);
    expect(git(remote, 'diff', '--name-only', 'main~1', 'main')).toContain(WEB);
    const verified = await ada(['verify', '--json']);
    expect([verified.status, codes(verified)]).toEqual([0, ['RESTORED']]);
    fsck(remote);
  }
});

test('the Revert button: the port is given to nobody else, and its claim can be taken back', async () => {
  const { ada, clone, remote } = await team();
  git(clone, 'revert', '--no-edit', 'HEAD');
  git(clone, 'push', '-q', 'origin', 'HEAD:main');
  await ada(['sync']);
  expect((await ada(['check', '30001'])).status).toBe(65);
  expect((await ada(['allocate', 'other'])).stdout).toBe('30002');
  const path = eventPath({ port: 30001, protocol: 'tcp' }, 1);
  expect((await ada(['undo', path])).status).toBe(0);
  expect(git(remote, 'ls-tree', '--name-only', 'main', path)).toBe(path);
  expect((await ada(['verify'])).status).toBe(0);
  expect((await ada(['check', '30001', '--json'])).stdout).toContain('"available"');
});

describe('who sees a registry for the first time', () => {
  test('judges all of its history, but in CI', async () => {
    const { machine, spoil } = await team();
    spoil(evil);
    expect(codes(await machine()(['list', '--json']))).toEqual(['STREAM_DAMAGED']);
    expect(codes(await machine({ CI: '1' })(['list', '--json']))).toEqual([]);
    const granted = await machine({ CI: '1' })(['allocate', 'evil', '--port', 'main=30000']);
    expect(granted.stdout).not.toContain('30000');
  });

  test.for(['get', 'env'])('and is only told a port by %s judges that one, in CI too', async (command) => {
    const { machine, spoil } = await team();
    spoil(evil);
    const vports = machine({ CI: '1' });
    expect((await vports([command, 'api'])).status).toBe(0);
    expect((await vports([command, 'evil'])).status).not.toBe(0);
    const run = await vports([command, 'web']);
    expect([run.status, run.stdout, run.stderr]).toEqual([65, '', expect.stringContaining('Mallory')]);
  });
});

describe('the gate', () => {
  /** What it says of a branch that a commit makes. */
  async function proposed(clone: string, change: () => void) {
    git(clone, 'switch', '-qc', 'mend');
    change();
    git(clone, 'commit', '-qam', 'put it back');
    const vports = runner(temporaryFolder());
    return vports(['verify', '--registry', clone, '--base', 'main', '--json']);
  }

  test('takes the bytes that counted first, and no others', async () => {
    const { clone, spoil, counted } = await team();
    const first = git(clone, 'cat-file', 'blob', counted);
    spoil(evil);
    const path = join(clone, WEB);
    const run = await proposed(clone, () => writeFileSync(path, `${first}\n`));
    expect([run.status, codes(run)]).toEqual([0, expect.arrayContaining(['RESTORED'])]);
    git(clone, 'switch', '-q', 'main');
    git(clone, 'branch', '-qD', 'mend');
    const other = await proposed(clone, () => writeFileSync(path, `${first.replace('web', 'other')}\n`));
    expect([other.status, json(other).problems[0].code]).toEqual([1, 'EVENT_MODIFIED']);
  });

  test('refuses a branch that changes an event of its own, which a rebase or fast-forward would make damage', async () => {
    const { clone } = await team();
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: clone } });
    git(clone, 'switch', '-qc', 'mine');
    git(clone, 'remote', 'remove', 'origin');
    expect((await vports(['allocate', 'mine', '--reason', 'typo'])).status).toBe(0);
    const path = join(clone, eventPath({ port: 30002, protocol: 'tcp' }, 1));
    writeFileSync(path, readFileSync(path, 'utf8').replace('typo', 'mended'));
    git(clone, 'commit', '-qam', 'mend a word');
    const run = await vports(['verify', '--base', 'main', '--json']);
    const [problem] = json(run).problems;
    expect([run.status, problem.code, problem.message]).toEqual([
      1,
      'EVENT_MODIFIED',
      expect.stringMatching(/squash/i),
    ]);
    git(clone, 'reset', '-q', '--soft', 'main');
    git(clone, 'commit', '-qm', 'squashed');
    expect((await vports(['verify', '--base', 'main'])).status).toBe(0);
  });
});

describe('resolve keeps what is published', () => {
  test('after a `git pull` on main, whose fetched side is what all share', async () => {
    const { clone, ada, remote } = await team();
    expect((await ada(['allocate', 'theirs', '--port', '30010'])).status).toBe(0);
    const mine = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: clone } });
    git(clone, 'config', 'remote.origin.url', '/nowhere');
    const event = readFileSync(join(clone, WEB), 'utf8')
      .replaceAll('30000', '30010')
      .replace('"web"', '"mine"')
      .replace(/"id": "(.{20}).{6}"/, '"id": "$1AAAAAA"');
    put(join(clone, eventPath({ port: 30010, protocol: 'tcp' }, 1)), event);
    git(clone, 'add', '.');
    git(clone, 'commit', '-qm', 'allocate 30010/tcp to mine');
    git(clone, 'config', 'remote.origin.url', remote);
    expect(tryGit(clone, 'pull', '-q', '--no-rebase').status).not.toBe(0);
    const run = await mine(['resolve', '--json', '--no-docs']);
    expect(json(run).moved).toMatchObject([{ resource: 'mine', from: 30010 }]);
    git(clone, 'commit', '-q', '--no-edit');
    expect(git(clone, 'log', '-1', '--format=%B')).toMatch(/^Vports-Shared: [0-9a-f]{40}$/m);
    expect((await mine(['get', 'theirs'])).stdout).toBe('30010');
    expect((await mine(['verify'])).stdout).toContain('OK');
  });

  test('with --keep, which moves its holder by new events', async () => {
    const { clone, remote, ada } = await team();
    expect((await ada(['allocate', 'late', '--port', '30010', '--branch', 'late'])).status).toBe(0);
    git(clone, 'pull', '-q');
    const event = readFileSync(join(clone, WEB), 'utf8')
      .replaceAll('30000', '30010')
      .replace('"web"', '"db"')
      .replace(/"id": "(.{20}).{6}"/, '"id": "$1AAAAAA"');
    const path = eventPath({ port: 30010, protocol: 'tcp' }, 1);
    put(join(clone, path), event);
    git(clone, 'add', '.');
    git(clone, 'commit', '-qm', 'allocate 30010/tcp to db');
    git(clone, 'push', '-q', 'origin', 'HEAD:main');
    const counted = git(remote, 'rev-parse', `main:${path}`);
    const run = await ada(['resolve', '--branch', 'late', '--keep', 'late', '--no-docs', '--json']);
    expect([run.status, json(run).moved]).toMatchObject([0, [{ resource: 'db', from: 30010 }]]);
    git(remote, 'update-ref', 'refs/heads/main', 'late');
    await ada(['sync']);
    expect(git(remote, 'rev-parse', `main:${path}`)).toBe(counted);
    expect((await ada(['get', 'late'])).stdout).toBe('30010');
    const verified = await ada(['verify']);
    expect(verified.status, verified.stdout).toBe(0);
  });
});
