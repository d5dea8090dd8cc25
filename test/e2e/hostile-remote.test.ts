import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { gitHttp } from '../support/git-http.js';
import { testWith } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';
import { sshd } from '../support/sshd.js';

const json = (run: Run) => JSON.parse(run.stdout);
const EVENT = 'events/tcp/26xxx/261xx/26151/0001.json';

/** Somebody who knew the registry when it was sound: a clone in the data folder, with one port. */
async function victim() {
  const folder = temporaryFolder();
  const remote = join(folder, 'ports.git');
  await placeRegistry(remote, { bare: true });
  const home = join(folder, 'home');
  put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${remote}` }));
  const vports = runner(home);
  await vports(['trust', remote]);
  expect((await vports(['allocate', 'web', '--port', '26151'])).status).toBe(0);
  const remotes = join(home, '.local/share/vports/remotes');
  const clone = join(remotes, readdirSync(remotes)[0]!);
  /** A commit on top of the remote's branch, with these entries put into its tree by plain plumbing. */
  const attack = (path: string, mode: string, content: string | Buffer) => {
    const oid = execFileSync('git', ['-C', remote, 'hash-object', '-w', '--stdin', '--literally'], {
      input: content,
    })
      .toString()
      .trim();
    const tree = withEntry(
      remote,
      git(remote, 'rev-parse', 'main^{tree}'),
      path.split('/'),
      `${mode} ${oid}`,
    );
    const commit = git(remote, 'commit-tree', tree, '-p', 'main', '-m', 'attack');
    git(remote, 'update-ref', 'refs/heads/main', commit);
  };
  return { folder, remote, home, vports, clone, attack };
}

/** The name of a tree that has an entry at a path, whatever the path is: git's own commands would refuse some. */
function withEntry(
  repository: string,
  tree: string | undefined,
  [name, ...rest]: string[],
  entry: string,
): string {
  const listed = tree ? git(repository, 'ls-tree', '-z', tree).split('\0').filter(Boolean) : [];
  const entries = new Map(
    listed.map((line) => {
      const [, mode = '', oid = '', at = ''] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line)!;
      return [at, `${mode.replace(/^0/, '')} ${oid}`];
    }),
  );
  const below = entries.get(name!)?.split(' ')[1];
  entries.set(name!, rest.length === 0 ? entry : `40000 ${withEntry(repository, below, rest, entry)}`);
  const content = Buffer.concat(
    [...entries]
      .sort(([a, one], [b, two]) =>
        a + (one.startsWith('4') ? '/' : '') < b + (two.startsWith('4') ? '/' : '') ? -1 : 1,
      )
      .flatMap(([at, it]) => {
        const [mode, oid] = it.split(' ');
        return [Buffer.from(`${mode} ${at}\0`), Buffer.from(oid!, 'hex')];
      }),
  );
  return execFileSync(
    'git',
    ['-C', repository, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin'],
    {
      input: content,
    },
  )
    .toString()
    .trim();
}

describe('a remote that somebody has turned against its readers', () => {
  test.each<[string, string]>([
    ['a path that leads out', 'events/../../../pwned'],
    ['git configuration', 'events/.git/config'],
  ])('with %s is refused, and the clone stays as it was', async (_, path) => {
    const { vports, clone, attack } = await victim();
    const before = git(clone, 'rev-parse', 'main');
    attack(path, '100644', 'x');
    const run = await vports(['sync', '--json']);
    expect([run.status, json(run).error.code]).toEqual([65, 'LOG_DAMAGED']);
    expect(json(run).error.message).toContain('sent objects that git rejects');
    expect(git(clone, 'rev-parse', 'main')).toBe(before);
    expect((await vports(['get', 'web'])).stdout).toBe('26151');
    fsck(clone);
  });

  test.each<[string, string, string, string | Buffer, RegExp]>([
    ['a link', 'events/tcp/26xxx/261xx/26152/0001.json', '120000', '/etc/passwd', /is not an event file/],
    [
      'control characters in a name',
      'events/tcp/26xxx/261xx/26152/\u001b[31m\n.json',
      '100644',
      'x',
      /is not an event file/,
    ],
    [
      'an event that is none',
      'events/tcp/26xxx/261xx/26152/0001.json',
      '100644',
      '\u001b[2J{',
      /is not JSON/,
    ],
  ])('with %s has that port quarantined and named, and all others go on', (_, ...odd) =>
    isQuarantined(...odd),
  );

  test('with an event of 50 MB has that port quarantined too', { tags: ['slow'] }, () =>
    isQuarantined(
      'events/tcp/26xxx/261xx/26152/0001.json',
      '100644',
      Buffer.alloc(50 * 2 ** 20, 'x'),
      /too large/,
    ),
  );

  async function isQuarantined(path: string, mode: string, content: string | Buffer, why: RegExp) {
    const { vports, clone, attack } = await victim();
    attack(path, mode, content);
    expect((await vports(['sync'])).status).toBe(0);
    const listed = await vports(['list']);
    expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining('26151/tcp')]);
    const run = await vports(['who', '26152']);
    expect(run.stderr).toMatch(why);
    expect(run.stderr + run.stdout + listed.stderr).not.toContain('\u001b');
    expect((await vports(['allocate', 'x', '--port', '26152', '--strict'])).status).toBe(65);
    expect((await vports(['allocate', 'x', '--port', '26153'])).stdout).toBe('26153');
    const verified = await vports(['verify']);
    expect([verified.status, verified.stdout.includes('\u001b')]).toEqual([1, false]);
    fsck(clone);
  }

  test('with a folder of hundreds of thousands of files is named, and costs no memory to speak of', {
    tags: ['slow'],
  }, async () => {
    const { remote, vports, clone } = await victim();
    const blob = git(remote, 'rev-parse', `main:${EVENT}`);
    const names = Array.from({ length: 400_000 }, (_, index) => `x${String(index).padStart(7, '0')}`);
    const tree = execFileSync('git', ['-C', remote, 'mktree'], {
      input: `${names.map((name) => `100644 blob ${blob}\t${name}`).join('\n')}\n`,
      maxBuffer: 2 ** 30,
    });
    const root = withEntry(
      remote,
      git(remote, 'rev-parse', 'main^{tree}'),
      'events/tcp/26xxx/261xx/26152'.split('/'),
      `40000 ${tree.toString().trim()}`,
    );
    git(
      remote,
      'update-ref',
      'refs/heads/main',
      git(remote, 'commit-tree', root, '-p', 'main', '-m', 'attack'),
    );
    expect((await vports(['sync'])).status).toBe(0);
    const limit = ['--max-old-space-size=100'];
    const run = await vports(['list'], { nodeArgs: limit });
    expect([run.status, run.stdout]).toEqual([0, expect.stringContaining('26151/tcp')]);
    expect((await vports(['who', '26152'], { nodeArgs: limit })).stderr).toContain(
      'a tree of more than 8 MB',
    );
    expect((await vports(['get', 'web'])).stdout).toBe('26151');
    expect(git(clone, 'rev-parse', 'main')).toBe(git(remote, 'rev-parse', 'main'));
  });
});

describe('a remote that does not let one in', () => {
  test('for the credentials: exit 69, nothing asks, and it says so', async () => {
    const { folder, home } = await victim();
    const http = await gitHttp(folder);
    http.intercept(() => 401);
    const run = await runner(home)(['list', '--registry', http.url('ports.git'), '--json']);
    expect([run.status, json(run).error.code]).toEqual([69, 'REMOTE_UNREACHABLE']);
    expect(json(run).error.message).toMatch(/could not read Username|Authentication failed/);
  });

  testWith(
    'sshd',
    'ssh',
    'ssh-keygen',
  )('for a host key that nobody knows: exit 69, and it says so', async () => {
    const { remote, home } = await victim();
    const server = await sshd(26155);
    const strict = server.command.replace('StrictHostKeyChecking=no', 'StrictHostKeyChecking=yes');
    const vports = runner(home, { env: { GIT_SSH_COMMAND: strict } });
    const run = await vports(['list', '--registry', server.url(remote), '--json']);
    expect([run.status, json(run).error.code]).toEqual([69, 'REMOTE_UNREACHABLE']);
    expect(json(run).error.message).toContain('Host key verification failed');
  });
});

test.runIf(process.getuid?.() === 0)(
  'a disk that is full during a fetch leaves the old state, and room lets it go on',
  { tags: ['slow'] },
  async () => {
    const { remote, vports, clone } = await victim();
    const noise = join(temporaryFolder(), 'noise');
    git(remote, 'clone', '-q', remote, noise);
    writeFileSync(join(noise, 'noise'), randomBytes(3_000_000));
    git(noise, 'add', '.');
    git(noise, 'commit', '-qm', 'noise');
    git(noise, 'push', '-q');
    const saved = join(temporaryFolder(), 'objects');
    execFileSync('cp', ['-a', join(clone, 'objects'), saved]);
    mkdirSync(join(clone, 'objects'), { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(clone, 'objects')]);
    onTestFinished(() => void execFileSync('umount', [join(clone, 'objects')]));
    execFileSync('cp', ['-a', `${saved}/.`, join(clone, 'objects')]);
    const before = git(clone, 'rev-parse', 'main');
    const run = await vports(['allocate', 'api', '--json']);
    expect([run.status, json(run).error.code]).toEqual([73, 'CANNOT_WRITE']);
    expect(git(clone, 'rev-parse', 'main')).toBe(before);
    expect((await vports(['get', 'web'])).stdout).toBe('26151');
    fsck(clone);
    execFileSync('mount', ['-o', 'remount,size=20m', join(clone, 'objects')]);
    expect((await vports(['allocate', 'api'])).status).toBe(0);
    fsck(clone);
  },
);
