import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git } from '../support/git.js';
import { gitHttp } from '../support/git-http.js';
import { type Run, runner } from '../support/program.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A monorepo with a service, something staged and something changed. */
async function monorepo() {
  const home = temporaryFolder();
  const root = join(home, 'mono');
  mkdirSync(root);
  git(root, 'init', '-q', '-b', 'trunk');
  put(
    join(root, 'services/web/service.json'),
    '{\n  "name": "web",\n  "ports": {\n    "api": 27301\n  }\n}\n',
  );
  put(join(root, 'README.md'), 'mono\n');
  git(root, 'add', '.');
  git(root, 'commit', '-qm', 'services');
  put(join(root, 'staged.txt'), 'staged');
  git(root, 'add', 'staged.txt');
  put(join(root, 'README.md'), 'changed\n');
  const vports = runner(home, { cwd: root });
  const inWeb = (args: string[]) => vports(args, { cwd: join(root, 'services/web') });
  const untouched = () => git(root, 'status', '--porcelain').split('\n').sort();
  return { home, root, vports, inWeb, untouched };
}
const OWN = [' M README.md', 'A  staged.txt'];

test('init --in-repo is one commit on the branch that is checked out, and leaves the rest as it is', async () => {
  const { root, vports, untouched } = await monorepo();
  const run = await vports(['init', '--in-repo', '--json']);
  expect(json(run)).toEqual({ path: join(root, 'ports'), created: true, warnings: [] });
  expect(untouched()).toEqual(OWN);
  expect(git(root, 'show', '--name-only', '--format=%s', 'trunk').split('\n')).toEqual([
    'start the registry of ports in ports',
    '',
    '.vports.json',
    'ports/.gitattributes',
    'ports/README.md',
    'ports/policy.json',
    'ports/schemas/policy.schema.json',
    'ports/schemas/vports.schema.json',
  ]);
  expect(json(await vports(['init', '--in-repo', '--json'])).created).toBe(false);
  expect(readFileSync(join(root, '.vports.json'), 'utf8')).toBe(
    '{"$schema":"./ports/schemas/vports.schema.json","registry":"ports"}\n',
  );
  fsck(root);
});

test('init --in-repo changes nothing where .vports.json names another registry', async () => {
  const { root, vports } = await monorepo();
  put(join(root, '.vports.json'), '{"registry": "https://git.example/ports.git"}\n');
  const before = git(root, 'rev-parse', 'HEAD');
  const run = await vports(['init', '--in-repo']);
  expect([run.status, run.stderr]).toEqual([
    expect.any(Number),
    expect.stringMatching(
      /\.vports\.json names https:\/\/git\.example\/ports\.git as the registry; nothing was changed\n.*\{"registry": "ports"\}/,
    ),
  ]);
  expect(run.status).not.toBe(0);
  expect(git(root, 'rev-parse', 'HEAD')).toBe(before);
  expect(existsSync(join(root, 'ports'))).toBe(false);
  put(join(root, '.vports.json'), '{"registry": "ports"}\n');
  expect((await vports(['init', '--in-repo'])).status).toBe(0);
  expect((await vports(['allocate', 'web'])).status).toBe(0);
});

test('the README of a registry in a folder speaks of nothing that is not there', async () => {
  const { root, vports } = await monorepo();
  await vports(['init', '--in-repo']);
  const readme = readFileSync(join(root, 'ports/README.md'), 'utf8');
  expect(readme).toContain('.vports.json');
  expect(readme).not.toMatch(/workflows|CODEOWNERS|hooks/);
});

test('events, service.json and README are one commit, and what the user has staged or changed is not in it', async () => {
  const { root, vports, inWeb, untouched } = await monorepo();
  await vports(['init', '--in-repo', 'infra/ports']);
  const run = await inWeb(['allocate', 'web', '--json']);
  expect(json(run)).toMatchObject({
    ports: { api: { port: 27301 } },
    published: 'local',
    documents: [join(root, 'services/web/README.md')],
  });
  await inWeb(['reassign', 'web', '--to', '27302']);
  expect(git(root, 'show', '--name-status', '--format=%s', 'trunk').split('\n').filter(Boolean)).toEqual([
    'move 27301/tcp to 27302/tcp for web (api)',
    'A\tinfra/ports/events/tcp/27xxx/273xx/27301/0002.json',
    'A\tinfra/ports/events/tcp/27xxx/273xx/27302/0001.json',
    'M\tservices/web/README.md',
    'M\tservices/web/service.json',
  ]);
  expect(git(root, 'show', 'trunk:services/web/service.json')).toContain('"api": 27302');
  expect(untouched()).toEqual(OWN);
  await inWeb(['release', 'web']);
  expect(readFileSync(join(root, 'services/web/service.json'), 'utf8')).toContain('"ports": {');
  expect(untouched()).toEqual(OWN);
  expect((await vports(['verify'])).stdout).toMatch(/^OK: 4 events/);
  expect((await vports(['log', 'web', '-n', '1', '--json'])).stdout).toContain(
    git(root, 'rev-parse', 'trunk'),
  );
  fsck(root);
});

describe('a document with changes of the user', () => {
  /** The registry is there, and web holds 27303 as the last commit has it. */
  async function changed(change: (text: string) => string, staged?: (text: string) => string) {
    const repo = await monorepo();
    await repo.vports(['init', '--in-repo']);
    await repo.inWeb(['allocate', 'web']);
    const file = join(repo.root, 'services/web/service.json');
    const text = readFileSync(file, 'utf8');
    if (staged) {
      put(file, staged(text));
      git(repo.root, 'add', file);
    }
    put(file, change(text));
    const at = (place: string) => git(repo.root, 'show', `${place}:services/web/service.json`);
    return { ...repo, file, at, here: () => readFileSync(file, 'utf8') };
  }
  const mine = (text: string) => text.replace('"name"', '"mine": 1,\n  "name"');
  const more = (text: string) => text.replace('"name"', '"staged": 1,\n  "name"');

  test('is committed without them, and keeps them in index and work tree beside the number', async () => {
    const { at, here, inWeb, root } = await changed((text) => more(mine(text)), more);
    const run = await inWeb(['reassign', 'web', '--to', '27303', '--json']);
    expect(json(run).documents).toHaveLength(2);
    expect(at('trunk')).toMatch(/27303/);
    expect(at('trunk')).not.toMatch(/mine|staged/);
    expect(at('')).toMatch(/"staged": 1[\s\S]*27303/);
    expect(at('')).not.toContain('mine');
    expect(here()).toMatch(/"mine": 1,\n {2}"staged": 1[\s\S]*27303/);
    expect(git(root, 'status', '--porcelain', '--', 'services')).toBe('MM services/web/service.json');
    fsck(root);
  });

  test('to the very number is left alone and named, and the event is there', async () => {
    const { at, here, inWeb, vports } = await changed((text) => text.replace('27301', '27399'));
    const run = await inWeb(['reassign', 'web', '--to', '27303', '--json']);
    expect(json(run)).toMatchObject({
      moved: [{ from: 27301, to: 27303 }],
      warnings: [{ code: 'DOCUMENT_LEFT', message: expect.stringContaining('"api 27399"') }],
    });
    expect(here()).toContain('27399');
    expect(at('trunk')).toContain('27301');
    expect((await vports(['docs', 'services/web'])).stdout).toContain('service.json');
    expect(here()).toContain('27303');
  });

  test('that is new is written, and not committed', async () => {
    const { root, vports } = await monorepo();
    await vports(['init', '--in-repo']);
    const file = put(join(root, 'services/api/service.json'), '{ "name": "api", "ports": {} }\n');
    await vports(['allocate', 'api', '--port', '27303', '--dir', 'services/api']);
    expect(readFileSync(file, 'utf8')).toContain('27303');
    expect(git(root, 'status', '--porcelain', '--', 'services')).toBe('?? services/api/service.json');
  });

  test('that git keeps with other line ends is clean again', async () => {
    const { root, file, inWeb } = await changed((text) => text);
    put(join(root, '.gitattributes'), '*.json text eol=crlf\n');
    git(root, 'add', '.gitattributes');
    git(root, 'commit', '-qm', 'line ends', '--', '.gitattributes');
    put(file, readFileSync(file, 'utf8').replace(/\n/g, '\r\n'));
    git(root, 'add', file);
    expect((await inWeb(['reassign', 'web', '--to', '27303'])).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toMatch(/27303\r\n/);
    expect(git(root, 'show', 'trunk:services/web/service.json')).not.toContain('\r');
    expect(git(root, 'status', '--porcelain', '--', 'services')).toBe('');
  });
});

test('works in a linked worktree, and never pushes', async () => {
  const { home, root, vports } = await monorepo();
  await vports(['init', '--in-repo']);
  const http = await gitHttp(home);
  git(root, 'remote', 'add', 'origin', http.url('mono'));
  git(root, 'worktree', 'add', '-q', '-b', 'topic', '../linked');
  const linked = join(home, 'linked');
  const run = await vports(['allocate', 'api', '--port', '27304', '--json'], { cwd: linked });
  expect(json(run)).toMatchObject({ published: 'local', commits: [{ ref: 'refs/heads/topic' }] });
  expect(git(linked, 'status', '--porcelain')).toBe('');
  expect(git(linked, 'ls-tree', '-r', '--name-only', 'topic', 'ports/events')).toContain('27304');
  expect(git(root, 'ls-tree', '-r', '--name-only', 'trunk', 'ports/events')).toBe('');
  expect(http.count('git-receive-pack') + http.count('git-upload-pack')).toBe(0);
});

describe('init --in-repo refuses', () => {
  test.each<[string, (root: string) => void, string[], number]>([
    ['a folder with other things in it', (root) => put(join(root, 'ports/x'), '') && undefined, [], 1],
    ['a detached HEAD', (root) => void git(root, 'checkout', '-q', '--detach'), [], 1],
    ['a folder outside', () => undefined, ['../ports'], 2],
    ['the root itself', () => undefined, ['.'], 2],
    ['the git directory', () => undefined, ['.git/ports'], 2],
  ])('%s', async (_, spoil, args, status) => {
    const { root, vports } = await monorepo();
    spoil(root);
    const before = git(root, 'rev-parse', 'HEAD');
    expect((await vports(['init', '--in-repo', ...args])).status).toBe(status);
    expect(git(root, 'rev-parse', 'HEAD')).toBe(before);
  });

  test('outside a repository', async () => {
    const run = await runner(temporaryFolder())(['init', '--in-repo', '--json']);
    expect(run.status).toBe(78);
  });

  test('and in an empty repository it is the first commit', async () => {
    const root = temporaryFolder();
    git(root, 'init', '-q');
    expect((await runner(temporaryFolder(), { cwd: root })(['init', '--in-repo'])).status).toBe(0);
    expect(git(root, 'rev-list', '--count', 'HEAD')).toBe('1');
    expect(git(root, 'status', '--porcelain')).toBe('');
  });
});

test('init --remote shares a new registry from an empty repository, and from no other', async () => {
  const home = temporaryFolder();
  git(home, 'init', '-q', '--bare', 'remote.git');
  const url = `file://${join(home, 'remote.git')}`;
  const vports = runner(home);
  expect((await vports(['init', 'ports', '--remote', url])).stderr).toContain(JSON.stringify(url));
  expect(git(join(home, 'remote.git'), 'rev-parse', 'main')).toBe(
    git(join(home, 'ports'), 'rev-parse', 'main'),
  );
  put(join(home, 'project/.vports.json'), JSON.stringify({ registry: url }));
  expect(json(await vports(['allocate', 'web', '--json'], { cwd: join(home, 'project') })).published).toBe(
    'pushed',
  );
  expect(eventFiles(join(home, 'remote.git'), 'main')).toHaveLength(1);
  const again = await vports(['init', 'other', '--remote', url, '--json']);
  expect([again.status, json(again).error.code]).toEqual([1, 'CONFLICT']);
  expect((await vports(['init', 'none', '--remote', `file://${home}/none.git`])).status).toBe(69);
  expect((await vports(['init', 'odd', '--remote', 'ext::sh -c id'])).status).toBe(78);
});

describe('many resources at once', () => {
  /** A registry within the repository of two services that have their ports below 10000, and of one that has none. */
  async function old() {
    const { root, vports, untouched } = await monorepo();
    await vports(['init', '--in-repo']);
    put(join(root, 'services/api/service.json'), '{ "name": "api", "ports": { "main": 8080 } }\n');
    put(join(root, 'services/api/.env'), 'API_PORT=8080\n');
    put(join(root, 'services/new/service.json'), '{ "name": "new", "ports": { "main": {} } }\n');
    git(root, 'add', 'services');
    git(root, 'commit', '-qm', 'more services', '--', 'services');
    return { root, vports, untouched };
  }

  test('import --allocate is one commit, documents and all', async () => {
    const { root, vports, untouched } = await old();
    const run = await vports(['import', 'services', '--allocate', '--json']);
    expect([run.status, json(run).imported.length]).toEqual([0, 3]);
    expect(git(root, 'show', '--name-only', '--format=', 'HEAD').split('\n')).toEqual([
      'ports/events/tcp/08xxx/080xx/08080/0001.json',
      'ports/events/tcp/27xxx/273xx/27301/0001.json',
      'ports/events/tcp/30xxx/300xx/30000/0001.json',
      'services/new/README.md',
      'services/new/service.json',
    ]);
    expect(untouched()).toEqual(OWN);
    expect((await vports(['verify'])).status).toBe(0);
  });

  test('reassign moves them into their ranges in one commit, documents and all', async () => {
    const { root, vports, untouched } = await old();
    await vports(['import', 'services']);
    const before = git(root, 'rev-list', '--count', 'HEAD');
    const run = await vports(['reassign', 'api', 'w*', '--range', 'auto', '--json']);
    expect(json(run).moved).toMatchObject([
      { resource: 'api', from: 8080, to: 30000 },
      { resource: 'web', from: 27301, to: 30001 },
    ]);
    expect(Number(git(root, 'rev-list', '--count', 'HEAD'))).toBe(Number(before) + 1);
    expect(git(root, 'show', 'HEAD:services/api/.env')).toBe('API_PORT=30000');
    expect(git(root, 'show', 'HEAD:services/web/service.json')).toContain('"api": 30001');
    expect(untouched()).toEqual(OWN);
    expect(json(await vports(['reassign', 'api', 'web', '--range', 'auto', '--json'])).moved).toEqual([]);
  });
});

test('init in a clone of a repository whose events are packed says that it is a registry, and ends', async () => {
  const home = temporaryFolder();
  const vports = runner(home);
  const original = join(home, 'original');
  git(home, 'init', '-q', '-b', 'main', original);
  git(original, 'commit', '-q', '--allow-empty', '-m', 'Begin');
  expect((await vports(['init', original, '--in-repo'])).status).toBe(0);
  git(original, 'gc', '-q');
  git(home, 'clone', '-q', `file://${original}`, 'clone');
  const again = await vports(['init', join(home, 'clone'), '--in-repo', '--json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ created: false });
});
