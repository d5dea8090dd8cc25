import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { homeOf, programOfOthers } from '../support/other-users.js';
import { runner } from '../support/program.js';
import { Terminal } from '../support/terminal.js';

const isRoot = process.getuid?.() === 0;

/** Every reading command, and those that write. */
const READING = [
  ['list'],
  ['get', 'web'],
  ['show', 'web'],
  ['check', '30000'],
  ['who', '30000'],
  ['log'],
  ['ranges'],
  ['env', 'web'],
  ['replay'],
  ['diff', 'HEAD~1'],
  ['verify'],
  ['review', 'HEAD~1'],
  ['list', '--at', 'main'],
  ['doctor'],
  ['ci'],
];

/** Somebody's project with a registry inside of it, as it is after cloning or unpacking. */
async function project({ bare = true } = {}) {
  const home = temporaryFolder();
  const folder = join(home, 'project');
  mkdirSync(folder);
  git(folder, 'init', '-q');
  const registry = join(folder, 'ports');
  const maker = runner(home);
  await maker(['init', registry, ...(bare ? ['--bare'] : [])]);
  await maker(['allocate', 'web', '--registry', registry]);
  put(join(folder, '.vports.json'), '{"registry": "ports"}');
  const marker = join(home, 'MARKER');
  return { home, folder, registry, marker, vports: runner(home, { cwd: folder }) };
}

describe('a registry whose configuration names programs', () => {
  test('runs none of them, whatever is asked of it, and a missing object is named', async () => {
    const { registry, marker, vports } = await project();
    git(registry, 'gc', '-q');
    git(registry, 'config', 'core.repositoryFormatVersion', '1');
    git(registry, 'config', 'extensions.partialClone', 'X');
    git(registry, 'config', 'remote.X.promisor', 'true');
    git(registry, 'config', 'remote.X.url', registry);
    git(registry, 'config', 'remote.X.uploadpack', `touch ${marker}; git-upload-pack`);
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'core.alternateRefsCommand',
      'gpg.program',
    ])
      git(registry, 'config', key, `touch ${marker}`);
    for (const args of READING) expect((await vports(args)).status, args.join(' ')).toBeLessThan(2);
    const pack = join(registry, 'objects/pack');
    for (const name of readdirSync(pack)) rmSync(join(pack, name), { force: true });
    for (const args of READING) await vports(args, { env: { XDG_CACHE_HOME: temporaryFolder() } });
    const run = await vports(['list', '--json'], { env: { XDG_CACHE_HOME: temporaryFolder() } });
    expect([run.status, JSON.parse(run.stdout).error.code]).toEqual([65, 'LOG_DAMAGED']);
    expect(existsSync(marker)).toBe(false);
  });

  test('a partial clone that has its objects is read and written', async () => {
    const { registry, vports, home } = await project();
    git(registry, 'config', 'uploadpack.allowFilter', 'true');
    const clone = join(home, 'partial');
    execFileSync('git', ['clone', '-q', '--filter=blob:none', `file://${registry}`, clone]);
    expect((await vports(['list', '--registry', clone])).stdout).toContain('30000/tcp');
    expect((await vports(['allocate', 'api', '--registry', clone])).stdout).toBe('30001');
  });

  test.each(['filter.x.smudge', 'filter.x.clean', 'filter.x.process', 'merge.x.driver', 'diff.x.textconv'])(
    '%s of a checked-out one does not run either, nor do its hooks',
    async (key) => {
      const { folder, registry, marker, vports, home } = await project({ bare: false });
      git(registry, 'config', key, `touch ${marker}; cat`);
      put(join(registry, '.git/info/attributes'), '* filter=x diff=x merge=x\n');
      for (const hook of [
        'pre-commit',
        'post-commit',
        'reference-transaction',
        'post-checkout',
        'post-merge',
        'pre-push',
      ])
        put(join(registry, '.git/hooks', hook), `#!/bin/sh\ntouch ${marker}\n`);
      for (const hook of readdirSync(join(registry, '.git/hooks')))
        chmodSync(join(registry, '.git/hooks', hook), 0o755);
      for (const args of [...READING, ['allocate', 'api'], ['reassign', 'api'], ['sync'], ['resolve']])
        await vports(args);
      expect((await vports(['get', 'api'])).stdout).toMatch(/^3000\d$/);
      const remote = join(home, 'remote.git');
      git(home, 'clone', '-q', '--bare', registry, remote);
      git(registry, 'remote', 'add', 'origin', remote);
      expect((await vports(['allocate', 'more', '--registry', registry])).status).toBe(0);
      const other = join(home, 'other');
      git(home, 'clone', '-q', remote, other);
      expect((await vports(['allocate', 'theirs', '--registry', other])).status).toBe(0);
      expect((await vports(['sync', '--registry', registry])).status).toBe(0);
      expect(existsSync(marker)).toBe(false);
      expect(folder).toBeTruthy();
    },
  );
});

describe('what a registry says of itself', () => {
  test('in caches of its own is not read', async () => {
    const { registry, vports } = await project();
    const before = (await vports(['list'])).stdout;
    for (const name of ['cache', 'cache/source', `cache/${'a'.repeat(16)}`])
      put(
        join(registry, 'vports', name, 'head%20%20refs%2Fheads%2Fmain.json'),
        `${'0'.repeat(40)}\n{"head":1}`,
      );
    expect((await vports(['list'])).stdout).toBe(before);
    expect((await vports(['verify'])).stdout).toMatch(/^OK: 1 event/);
  });

  test('by replace refs, grafts and a commit graph is not believed', async () => {
    const { registry, vports, home } = await project();
    await vports(['allocate', 'api', '--registry', registry]);
    const [head, first] = [git(registry, 'rev-parse', 'main'), git(registry, 'rev-parse', 'main~1')];
    const before = await Promise.all([vports(['list']), vports(['log', '--json'])]);
    git(registry, 'update-ref', `refs/replace/${head}`, first);
    put(join(registry, 'info/grafts'), `${head}\n`);
    const env = { XDG_CACHE_HOME: join(home, 'fresh') };
    const after = await Promise.all([vports(['list'], { env }), vports(['log', '--json'], { env })]);
    expect(after.map(({ stdout }) => stdout)).toEqual(before.map(({ stdout }) => stdout));
  });

  test.each([
    'HEAD',
    'config',
    'packed-refs',
    'refs/heads/main',
    'vports/journal.json',
    'objects/info/alternates',
  ])('through a pipe in the place of %s keeps nobody waiting', async (name) => {
    const { registry, vports } = await project();
    rmSync(join(registry, name), { force: true });
    mkdirSync(join(registry, name, '..'), { recursive: true });
    execFileSync('mkfifo', [join(registry, name)]);
    expect((await vports(['list'])).status).not.toBe(70);
    expect((await vports(['who', '30000'])).status).not.toBe(70);
  });
});

describe('a push to a local repository, which runs its hooks', () => {
  async function withRemote() {
    const all = await project();
    const remote = join(all.folder, 'evil.git');
    git(all.folder, 'clone', '-q', '--bare', all.registry, remote);
    put(join(remote, 'hooks/pre-receive'), `#!/bin/sh\ntouch ${all.marker}\n`);
    chmodSync(join(remote, 'hooks/pre-receive'), 0o755);
    return { ...all, remote };
  }

  test('is not done where only files of the project name it, until it is trusted', async () => {
    const { registry, marker, vports, remote } = await withRemote();
    git(registry, 'config', 'remote.origin.url', '../evil.git');
    const run = await vports(['allocate', 'api', '--json']);
    const { error } = JSON.parse(run.stdout);
    expect([run.status, error.code]).toEqual([78, 'NOT_TRUSTED']);
    expect(error.hint).toContain(`vports trust ${remote}`);
    expect(existsSync(marker)).toBe(false);
    expect((await vports(['list'])).stdout).not.toContain('api');
    expect((await vports(['allocate', 'api', '--branch', 'topic', '--json'])).status).toBe(78);
    expect(existsSync(marker)).toBe(false);
    expect((await vports(['trust', remote])).stdout).toContain(remote);
    expect((await vports(['allocate', 'api'])).stdout).toBe('30001');
    expect(existsSync(marker)).toBe(true);
    expect((await vports(['trust', '--remove', remote])).stdout).not.toContain(remote);
    expect((await vports(['allocate', 'again'])).status).toBe(78);
  });

  testWith('script')('is asked about once on a terminal, where a no changes nothing', async () => {
    const { registry, marker, vports, remote, home, folder } = await withRemote();
    git(registry, 'config', 'remote.origin.url', '../evil.git');
    const ask = async (answer: string) => {
      const terminal = Terminal.startVports('allocate api', {
        cwd: folder,
        env: { HOME: home, GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' },
      });
      await terminal.answer('Trust it from now on? [y/N]', answer);
      return { status: await terminal.ended(), screen: terminal.screen };
    };
    const no = await ask('n\n');
    expect([no.status, no.screen]).toEqual([
      78,
      expect.stringContaining(`a push to ${remote} runs the hooks`),
    ]);
    expect(existsSync(marker)).toBe(false);
    expect((await ask('y\n')).status).toBe(0);
    expect(existsSync(marker)).toBe(true);
    expect((await vports(['trust', '--list'])).stdout).toContain(remote);
  });

  test('by a file: URL in .vports.json neither', async () => {
    const { folder, marker, vports, remote } = await withRemote();
    put(join(folder, '.vports.json'), JSON.stringify({ registry: `file://${remote}` }));
    expect((await vports(['list'])).stdout).toContain('30000/tcp');
    expect((await vports(['allocate', 'api'])).status).toBe(78);
    expect(existsSync(marker)).toBe(false);
    expect((await vports(['allocate', 'api', '--registry', `file://${remote}`])).stdout).toBe('30001');
  });
});

describe('what a project says of variables and documents', () => {
  test.each(['PATH', 'LD_PRELOAD', 'BASH_ENV', 'NODE_OPTIONS', 'PS1'])(
    '%s is not set for it',
    async (variable) => {
      const home = temporaryFolder();
      const service = { name: 'web', ports: { main: { env_var: variable, port: 30000 } } };
      put(join(home, 'service.json'), JSON.stringify(service));
      const vports = runner(home);
      const granted = await vports(['allocate', 'web']);
      expect(granted.stderr).toContain(
        `names the variable "${variable}" for main, which does not contain PORT`,
      );
      const env = await vports(['env', 'web']);
      expect(env.stdout).toBe('export WEB_PORT="${WEB_PORT:-30000}"');
      const script = 'process.stdout.write(`${process.env.WEB_PORT} ${process.env[process.argv[1]]}`)';
      const run = await vports(['exec', 'web', '--', process.execPath, '-e', script, variable]);
      expect(run.stdout).toMatch(/^30000 (?!30000$)/);
    },
  );

  test.each(['README.md', '.env'])(
    '%s that is a link out of the project is not written, and that is said',
    async (name) => {
      const home = temporaryFolder();
      const folder = join(home, 'project');
      const victim = put(join(home, 'victim'), 'WEB_PORT=1\n');
      put(join(folder, 'service.json'), '{"name": "web", "ports": {"main": 30000}}');
      git(folder, 'init', '-q');
      symlinkSync('../victim', join(folder, name));
      const run = await runner(home, { cwd: folder })(['allocate', 'web']);
      expect(run.stdout).toBe('30000');
      expect(run.stderr).toMatch(/was not written \(link to .*victim, outside of .*project\)/);
      expect(readFileSync(victim, 'utf8')).toBe('WEB_PORT=1\n');
    },
  );

  test('a link within the project is written through, as before', async () => {
    const home = temporaryFolder();
    put(join(home, 'web/service.json'), '{"name": "web", "ports": {"main": 30000}}');
    git(home, 'init', '-q');
    const target = put(join(home, 'docs/web.md'), '# web\n');
    symlinkSync('../docs/web.md', join(home, 'web/README.md'));
    await runner(home, { cwd: join(home, 'web') })(['allocate', 'web']);
    expect(readFileSync(target, 'utf8')).toContain('30000');
  });
});

describe.runIf(isRoot)('what belongs to another user', () => {
  const run = programOfOthers();
  const BEN = { uid: 34567 };
  async function ofRoot() {
    const all = await project();
    chmodSync(all.home, 0o755);
    const home = homeOf(BEN, join(all.home, 'ben'));
    const env = { HOME: home, GIT_AUTHOR_NAME: 'Ben', GIT_AUTHOR_EMAIL: 'ben@x' };
    const ben = (...args: string[]) => run(BEN, args, { cwd: all.folder, env });
    return { ...all, ben, benHome: home };
  }

  test('a .vports.json is not used, and that is said; named by hand the registry is read', async () => {
    const { ben, folder, registry } = await ofRoot();
    const listed = await ben('list');
    expect(listed.stdout).toBe('no port is held');
    expect(listed.stderr).toContain(`ignoring ${join(folder, '.vports.json')}: owned by another user`);
    for (const args of READING)
      expect((await ben(...args, '--registry', registry)).status, args.join(' ')).toBeLessThan(2);
    expect((await ben('list', '--registry', registry)).stdout).toContain('30000/tcp');
  });

  test('and is declared safe in one’s own git configuration is used', async () => {
    const { ben, folder, registry, benHome } = await ofRoot();
    put(join(benHome, '.gitconfig'), `[safe]\n\tdirectory = ${folder}\n`);
    const refused = await ben('list', '--json');
    expect([refused.status, JSON.parse(refused.stdout).error.code]).toEqual([78, 'NOT_TRUSTED']);
    put(join(benHome, '.gitconfig'), `[safe]\n\tdirectory = ${folder}\n\tdirectory = ${registry}\n`);
    expect((await ben('list')).stdout).toContain('30000/tcp');
  });

  test('root does not leave files of its own in another user’s repository, and sudo uses that user’s', async () => {
    const { folder, vports } = await project();
    execFileSync('chown', ['-R', '34567:34567', folder]);
    expect((await vports(['list'])).stderr).toContain('owned by another user');
    const sudo = await vports(['list'], { env: { SUDO_UID: '34567' } });
    expect(sudo.stdout).toContain('30000/tcp');
    expect(execFileSync('find', [folder, '!', '-uid', '34567'], { encoding: 'utf8' })).toBe('');
  });
});

test('the data folder is nobody else’s to look into', async () => {
  const home = temporaryFolder();
  await runner(home)(['allocate', 'web']);
  expect(statSync(join(home, '.local/share/vports')).mode & 0o777).toBe(0o700);
});

test('plugins in the user’s data folder are not loaded', async () => {
  const home = temporaryFolder();
  const data = join(home, '.local/share/vports');
  put(
    join(data, 'package.json'),
    '{"name": "vports-plugins", "oclif": {"plugins": [{"type": "link", "name": "p", "root": "p"}]}, "dependencies": {"p": "*"}}',
  );
  cpSync('package.json', join(data, 'p/package.json'));
  const marker = join(home, 'MARKER');
  put(join(data, 'p/dist/cli.cjs'), `require('fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  for (const args of [['--help'], ['help', 'list'], ['list'], ['frob']]) await runner(home)(args);
  expect(existsSync(marker)).toBe(false);
});
