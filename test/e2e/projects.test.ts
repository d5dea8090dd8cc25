import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** Repositories that use one registry, each with the URL of its remote, or with none. */
async function repositories(remotes: Record<string, string | undefined>) {
  const home = temporaryFolder();
  const path = await newRegistry({ bare: false });
  const env = { VPORTS_REGISTRY: path };
  const folders = Object.entries(remotes).map(([name, url]) => {
    const folder = join(home, name);
    put(join(folder, 'README'), '');
    git(folder, 'init', '-q');
    if (url !== undefined) git(folder, 'remote', 'add', 'origin', url);
    const below = (path: string) => runner(home, { env, cwd: join(folder, path) });
    return { folder, vports: below('.'), in: below };
  });
  return { home, path, folders, outside: runner(home, { env, cwd: home }) };
}

const TWO = { shop: 'git@github.com:acme/shop.git', other: 'https://github.com/beta/other' };

describe('two projects that call a resource alike', () => {
  test('have each its own: neither gets, releases, moves or describes that of the other', async () => {
    const { path, folders } = await repositories(TWO);
    const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
    expect((await shop(['allocate', 'db', '--port', '27000'])).stdout).toBe('27000');
    for (const words of [
      ['release', 'db'],
      ['reassign', 'db'],
      ['describe', 'db', '--owner', 'x'],
      ['renew', 'db'],
    ]) {
      const run = await other([...words, '--json']);
      expect(run.status, words.join(' ')).toBe(1);
      expect(json(run).error).toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('github.com/acme/shop'),
        hint: expect.stringContaining('--project github.com/acme/shop'),
        details: { project: 'github.com/acme/shop', own: 'github.com/beta/other' },
      });
    }
    const given = await other(['allocate', 'db', '--port', '27001']);
    expect(given.stdout).toBe('27001');
    expect(given.stderr).toContain('db is registered as other.db: another project has a db');
    expect((await other(['get', 'db'])).stdout).toBe('27001');
    expect((await shop(['get', 'db'])).stdout).toBe('27000');
    expect((await other(['get', 'other.db'])).stdout).toBe('27001');
    expect((await other(['env', 'db'])).stdout).toContain('DB_PORT:-27001');
    expect((await shop(['url', 'db'])).stdout).toBe('http://localhost:27000');
    expect((await other(['reassign', 'db', '--to', '27002'])).status).toBe(0);
    expect((await other(['release', 'db'])).stdout).toBe('27002');
    expect((await other(['undo', 'HEAD'])).status).toBe(0);
    expect(json(await shop(['list', '--json'])).ports).toMatchObject([
      { port: 27000, resource: 'db', project: 'github.com/acme/shop', local: null },
      { port: 27002, resource: 'other.db', project: 'github.com/beta/other', local: 'db' },
    ]);
    expect((await shop(['verify', '--registry', path])).stdout).toMatch(/^OK: /);
  });

  test('can be read from each other by the name on record, and the other project is named', async () => {
    const { folders } = await repositories(TWO);
    const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
    await shop(['allocate', 'db', '--port', '27015']);
    const asked = json(await other(['get', 'db', '--json']));
    expect(asked).toMatchObject({ port: 27015, warnings: [{ code: 'OTHER_PROJECT' }] });
    const run = await other(['exec', 'db', '--', 'printenv', 'DB_PORT']);
    expect(run.stdout).toBe('27015');
    expect(run.stderr).toContain('note: db belongs to the project github.com/acme/shop');
    expect(json(await other(['list', '--json'])).ports).toHaveLength(1);
    expect((await other(['env', 'db'])).stderr).toContain('db belongs to the project github.com/acme/shop');
    expect((await shop(['get', 'db'])).stderr).toBe('');
  });

  test('have one variable each, and a folder of neither says which is meant', async () => {
    const { folders, outside } = await repositories(TWO);
    const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
    await shop(['allocate', 'shop-web', '--port', '27010']);
    expect((await other(['allocate', 'shop', '--port', 'web=27011'])).status).toBe(0);
    expect((await outside(['get', 'shop-web'])).stdout).toBe('27010');
    expect(json(await outside(['release', 'shop-web', '--json'])).error.code).toBe('CONFLICT');
    expect((await outside(['release', 'shop-web', '--project', 'github.com/acme/shop'])).stdout).toBe(
      '27010',
    );
  });

  test('are one project where .vports.json says so, or the URL is another form of the same', async () => {
    const { home, folders, outside } = await repositories({ ...TWO, fork: 'https://github.com/me/fork' });
    const [shop, , fork] = folders.map(({ vports }) => vports) as [Vports, Vports, Vports];
    await shop(['allocate', 'db', '--port', '27020']);
    put(join(home, 'fork/.vports.json'), '{"project": "github.com/acme/shop"}');
    expect((await fork(['release', 'db'])).stdout).toBe('27020');
    await shop(['allocate', 'db', '--port', '27020']);
    git(join(home, 'other'), 'remote', 'set-url', 'origin', 'ssh://git@ssh.github.com:443/Acme/Shop.git');
    expect((await folders[1]!.vports(['release', 'db'])).stdout).toBe('27020');
    expect(json(await fork(['status', '--json'])).project).toEqual({
      id: 'github.com/acme/shop',
      from: join(home, 'fork/.vports.json'),
    });
    expect((await outside(['status'])).stdout).not.toMatch(/^project/m);
  });
});

type Vports = ReturnType<typeof runner>;

describe('a repository without a remote', () => {
  test('has an id of its own, and takes what it holds with it when it gets one', async () => {
    const { folders, home } = await repositories({ shop: undefined, other: undefined });
    const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
    await shop(['allocate', 'db', '--port', '27030']);
    await shop(['allocate', 'web', '--port', '27031']);
    const id = readFileSync(join(home, 'shop/.git/vports/project'), 'utf8').trim();
    expect(id).toMatch(/^local:[0-9A-Z]{26}$/);
    const refused = json(await other(['release', 'db', '--json'])).error;
    expect(refused.message).toContain(`to the project shop (${id})`);
    expect((await other(['allocate', 'db', '--port', '27032'])).stderr).toContain(
      'db is registered as other.db',
    );
    git(join(home, 'shop'), 'remote', 'add', 'origin', TWO.shop);
    expect((await shop(['get', 'db'])).stdout).toBe('27030');
    const moved = await shop(['describe', 'web', '--owner', 'team-a']);
    expect(moved.stderr).toContain('db (27030/tcp) now belongs to the project github.com/acme/shop');
    expect(json(await shop(['list', '--json'])).ports).toMatchObject([
      { port: 27030, project: 'github.com/acme/shop' },
      { port: 27031, project: 'github.com/acme/shop', owner: 'team-a' },
      { port: 27032, project: expect.stringMatching(/^local:/) },
    ]);
    expect((await shop(['verify'])).stdout).toMatch(/^OK: /);
  });

  test('writes no id of its own into a registry that others read', async () => {
    const { home, folders } = await repositories({ shop: undefined });
    const remote = join(home, 'ports.git');
    git(home, 'init', '-q', '--bare', '-b', 'main', remote);
    const { folder } = folders[0]!;
    const vports = runner(home, { cwd: folder, env: { VPORTS_REGISTRY: `file://${remote}` } });
    expect((await vports(['init', join(home, 'clone'), '--remote', `file://${remote}`])).status).toBe(0);
    expect((await vports(['allocate', 'db', '--port', '27040'])).status).toBe(0);
    expect(json(await vports(['list', '--json'])).ports).toMatchObject([{ port: 27040, project: null }]);
    expect(existsSync(join(folder, '.git/vports/project'))).toBe(false);
    expect((await vports(['release', 'db'])).stdout).toBe('27040');
  });
});

test.each([
  ['names it as its git directory', (victim: string) => `gitdir: ${victim}/.git\n`],
  ['says it is a linked work tree of it', (victim: string) => `gitdir: ${victim}/.git/worktrees/x\n`],
  ['says it is a submodule of it', (victim: string) => `gitdir: ${victim}/.git/modules/x\n`],
])('a folder that %s is not that repository, and nothing is written there', async (_, text) => {
  const { home, path, folders } = await repositories({ victim: undefined });
  const victim = join(home, 'victim');
  await folders[0]!.vports(['allocate', 'db', '--port', '27070']);
  for (const it of ['worktrees/x', 'modules/x'])
    put(join(victim, '.git', it, 'HEAD'), 'ref: refs/heads/main\n');
  put(join(victim, '.git/worktrees/x/gitdir'), join(victim, 'elsewhere/.git'));
  put(join(victim, '.git/worktrees/x/commondir'), '../..');
  put(join(home, 'hostile/.git'), text(victim));
  const before = git(victim, 'ls-files', '--others', '--ignored', '--exclude-standard');
  const vports = runner(home, { cwd: join(home, 'hostile'), env: { VPORTS_REGISTRY: path } });
  expect(json(await vports(['release', 'db', '--json'])).error.code).toBe('CONFLICT');
  await vports(['allocate', 'mine']);
  expect(git(victim, 'ls-files', '--others', '--ignored', '--exclude-standard')).toBe(before);
  expect(json(await vports(['list', '--resource', 'mine', '--json'])).ports).toMatchObject([
    { project: null },
  ]);
});

test('an id that stands in a linked folder is not written through', async () => {
  const { home, path } = await repositories({});
  const shop = join(home, 'shop');
  git(home, 'init', '-q', shop);
  put(join(home, 'elsewhere/x'), '');
  symlinkSync(join(home, 'elsewhere'), join(shop, '.git/vports'));
  const vports = runner(home, { cwd: shop, env: { VPORTS_REGISTRY: path } });
  expect((await vports(['allocate', 'db'])).status).toBe(0);
  expect(readdirSync(join(home, 'elsewhere'))).toEqual(['x']);
});

test('two projects that take a name on branches beside each other keep their ports: the later one gets a name of its own', async () => {
  const { path, folders } = await repositories(TWO);
  const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
  await other(['allocate', 'web', '--port', '27101', '--branch', 'topic']);
  await other(['allocate', 'db', '--port', '27102', '--branch', 'topic']);
  await shop(['allocate', 'web', '--port', '27100']);
  await shop(['allocate', 'db', '--port', '27102']);
  const { moved } = json(await other(['resolve', '--branch', 'topic', '--json']));
  expect(moved).toMatchObject([{ resource: 'other.db', from: 27102 }]);
  git(path, 'merge', '-q', '--ff-only', 'topic');
  expect((await shop(['verify'])).stdout).toMatch(/^OK: /);
  expect(json(await shop(['list', '--json'])).ports).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ port: 27100, resource: 'web', project: 'github.com/acme/shop' }),
      expect.objectContaining({
        port: 27101,
        resource: 'other.web',
        local: 'web',
        project: 'github.com/beta/other',
      }),
      expect.objectContaining({ port: 27102, resource: 'db', project: 'github.com/acme/shop' }),
      expect.objectContaining({ port: moved[0].to, resource: 'other.db', local: 'db' }),
    ]),
  );
  expect((await other(['get', 'web'])).stdout).toBe('27101');
});

test('what is handed over belongs to the next project, under its name on record', async () => {
  const { folders } = await repositories(TWO);
  const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
  await shop(['allocate', 'db', '--port', '27050']);
  expect((await shop(['describe', 'db', '--to-project', 'github.com/beta/other'])).status).toBe(0);
  expect(json(await shop(['release', 'db', '--json'])).error.code).toBe('CONFLICT');
  expect((await other(['release', 'db'])).stdout).toBe('27050');
  expect((await shop(['describe', 'x', '--to-project', 'a\nb'])).status).toBe(2);
});

test('documents are looked up by project: a second repository’s database is not the first one’s', async () => {
  const { home, folders } = await repositories({ alpha: undefined, beta: undefined });
  const compose = (web: number) =>
    `services:\n  db:\n    image: postgres\n    ports: ["5432:5432"]\n  web:\n    image: x\n    ports: ["${web}:80"]\n`;
  put(join(home, 'alpha/compose.yaml'), compose(30001));
  put(join(home, 'beta/compose.yaml'), compose(30002));
  const [alpha, beta] = folders.map(({ vports }) => vports) as [Vports, Vports];
  expect(json(await alpha(['import', '.', '--json'])).imported).toMatchObject([
    { resource: 'db', port: 5432 },
    { resource: 'web', port: 30001 },
  ]);
  const second = json(await beta(['import', '.', '--json']));
  expect(second.imported).toMatchObject([{ resource: 'web', port: 30002 }]);
  expect(second.problems).toMatchObject([
    { resource: 'db', port: 5432, code: 'CONFLICT', why: expect.stringContaining('db of alpha (local:') },
  ]);
  expect(json(await beta(['list', '--json'])).ports).toMatchObject([
    { port: 5432, resource: 'db' },
    { port: 30001, resource: 'web' },
    { port: 30002, resource: 'beta.web', local: 'web' },
  ]);
  expect((await alpha(['ci', '.'])).status).toBe(0);
  expect(json(await beta(['ci', '.', '--json'])).problems).toMatchObject([
    { code: 'FOREIGN_PORT', port: 5432 },
  ]);
  expect(json(await beta(['import', '.', '--json'])).imported).toEqual([]);
  await alpha(['reassign', 'web', '--to', '30003']);
  expect(readFileSync(join(home, 'beta/compose.yaml'), 'utf8')).toBe(compose(30002));
});

test('two projects that a package.json calls frontend have an address each, and runs of their own', async () => {
  const { home, folders } = await repositories(TWO);
  for (const name of ['shop', 'other']) put(join(home, name, 'package.json'), '{"name": "frontend"}');
  const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
  await shop(['allocate', 'frontend', '--port', '27060']);
  expect((await other(['url'])).status).toBe(1);
  expect((await other(['run', '--', 'printenv', 'PORT'])).stdout).not.toBe('27060');
  await other(['allocate', 'frontend', '--port', '27061']);
  expect((await other(['url'])).stdout).toBe('http://localhost:27061');
  expect((await shop(['url'])).stdout).toBe('http://localhost:27060');
  expect(json(await other(['status', '--json'])).ports).toMatchObject([
    { port: 27061, resource: 'frontend' },
  ]);
});

describe('two clones of one project side by side', () => {
  async function clones() {
    const { home, path, folders } = await repositories({ one: TWO.shop, two: TWO.shop });
    for (const name of ['one', 'two']) put(join(home, name, 'package.json'), '{"name": "shop"}');
    const [one, two] = folders.map(({ vports }) => vports) as [Vports, Vports];
    await one(['allocate', 'shop', '--port', '27080']);
    return { home, path, one, two };
  }
  const portOf = async (vports: Vports, ...more: string[]) =>
    (await vports(['run', ...more, '--', 'printenv', 'PORT'])).stdout.trim();

  test('have ports of their own: the one that ran first has the claim, any other is an instance', async () => {
    const { home, one, two } = await clones();
    expect(await portOf(one)).toBe('27080');
    const own = await portOf(two);
    expect(own).not.toBe('27080');
    expect((await two(['url'])).stdout).toBe(`http://localhost:${own}`);
    expect(json(await two(['status', '--json']))).toMatchObject({ resource: 'shop', instance: 'two' });
    const asked = await two(['run', '--instance', 'none', '--', 'printenv', 'PORT']);
    expect(asked.stdout.trim()).toBe('27080');
    expect(asked.stderr).toContain(
      `these ports belong to another clone of github.com/acme/shop, ${join(home, 'one')}`,
    );
    expect(await portOf(one)).toBe('27080');
  });

  test('a clone that was moved keeps its ports, and one whose first clone is gone too', async () => {
    const { home, path, one, two } = await clones();
    await portOf(one);
    const own = await portOf(two);
    renameSync(join(home, 'one'), join(home, 'moved'));
    const moved = runner(home, { cwd: join(home, 'moved'), env: { VPORTS_REGISTRY: path } });
    expect(await portOf(moved)).toBe('27080');
    expect(await portOf(two)).toBe(own);
  });
});

describe('from the registry of this machine to that of a team', () => {
  async function machine() {
    const { home, path, folders } = await repositories({ shop: TWO.shop, other: TWO.other });
    const { folder } = folders[0]!;
    const alone = runner(home, { cwd: folder });
    await alone(['allocate', 'web', '--port', '27090', '--owner', 'team-a', '--reason', 'the shop']);
    await alone(['allocate', 'api', '--port', 'http=27091']);
    await runner(home, { cwd: folders[1]!.folder })(['allocate', 'db', '--port', '27092']);
    await runner(home, { cwd: home })(['allocate', 'nobodys', '--port', '27093']);
    return { home, path, alone, shop: folders[0]!.vports, other: folders[1]!.vports };
  }

  test('import embedded takes the claims of this project in one commit, and --move releases them there', async () => {
    const { path, alone, shop, other } = await machine();
    const before = git(path, 'rev-list', '--count', 'main');
    const dry = json(await shop(['import', 'embedded', '--move', '--dry-run', '--json']));
    expect([dry.imported.length, dry.moved]).toEqual([2, 0]);
    const run = json(await shop(['import', 'embedded', '--json']));
    expect(run.imported).toMatchObject([
      { resource: 'web', port: 27090 },
      { resource: 'api', name: 'http', port: 27091 },
    ]);
    expect(Number(git(path, 'rev-list', '--count', 'main'))).toBe(Number(before) + 1);
    expect(
      json(await shop(['list', '--json'])).ports.filter(({ log }: { log: string }) => log === 'registry'),
    ).toMatchObject([
      { port: 27090, owner: 'team-a', reason: 'the shop', project: 'github.com/acme/shop' },
      { port: 27091, name: 'http' },
    ]);
    const again = json(await shop(['import', 'embedded', '--move', '--json']));
    expect([again.imported, again.skipped.length, again.problems, again.moved]).toEqual([[], 2, [], 2]);
    expect(json(await alone(['list', '--json'])).ports.map(({ port }: { port: number }) => port)).toEqual([
      27092, 27093,
    ]);
    const asked = await shop(['import', 'embedded', '--all', '--move']);
    expect([asked.status, asked.stderr]).toEqual([
      2,
      expect.stringContaining('27092/tcp db of github.com/beta/other'),
    ]);
    await shop(['register', 'db', '27100']);
    expect(json(await shop(['import', 'embedded', '--all', '--move', '-y', '--json']))).toMatchObject({
      imported: [{ port: 27092 }, { port: 27093, resource: 'nobodys' }],
      moved: 2,
    });
    expect(json(await alone(['list', '--json'])).ports).toEqual([]);
    expect((await shop(['get', 'db'])).stdout).toBe('27100');
    expect((await other(['get', 'db'])).stdout).toBe('27092');
    expect((await shop(['verify'])).stdout).toMatch(/^OK: /);
  });

  test('a number that somebody has by now is a problem, and stays where it is', async () => {
    const { alone, shop, other } = await machine();
    await other(['register', 'blog', '27090']);
    const run = json(await shop(['import', 'embedded', '--move', '--json']));
    expect(run.problems).toMatchObject([{ port: 27090, code: 'CONFLICT' }]);
    expect(run).toMatchObject({ imported: [{ port: 27091 }], moved: 1 });
    expect((await alone(['get', 'web'])).stdout).toBe('27090');
    expect((await shop(['import', '.', '--move'])).status).toBe(2);
    expect((await alone(['import', 'embedded'])).status).toBe(2);
  });
});

test('allocate without a name is about this folder’s resource', async () => {
  const { home, folders, outside } = await repositories({ shop: TWO.shop });
  put(join(home, 'shop/package.json'), '{"name": "frontend"}');
  const { vports } = folders[0]!;
  expect((await vports(['allocate', '--port', '27110'])).stdout).toBe('27110');
  expect((await vports(['get', 'frontend'])).stdout).toBe('27110');
  const nowhere = await outside(['allocate', '--json']);
  expect([nowhere.status, json(nowhere).error.code]).toEqual([2, 'BAD_USAGE']);
});

test('what was imported is what the folder means, where its own name has nothing', async () => {
  const { home, folders } = await repositories({ one: undefined, several: undefined });
  const compose = (...lines: string[]) => `services:\n${lines.join('')}`;
  const service = (name: string, port: number) => `  ${name}:\n    image: x\n    ports: ["${port}:80"]\n`;
  put(join(home, 'one/compose.yaml'), compose(service('web', 27120)));
  put(join(home, 'several/compose.yaml'), compose(service('api', 27121), service('db', 27122)));
  const [one, several] = folders.map(({ vports }) => vports) as [Vports, Vports];
  await one(['import', '.']);
  await several(['import', '.']);
  expect((await one(['url'])).stdout).toBe('http://localhost:27120');
  expect(json(await one(['status', '--json']))).toMatchObject({ resource: 'web', ports: [{ port: 27120 }] });
  expect((await one(['run', '--', 'printenv', 'WEB_PORT'])).stdout).toBe('27120');
  expect((await several(['status'])).stderr).toContain('this project has api, db');
});

test('doctor counts what belongs to no project, and import says how forks share names', async () => {
  const { home, folders, outside } = await repositories({ shop: TWO.shop });
  const { vports } = folders[0]!;
  await outside(['allocate', 'old', '--port', '27130']);
  put(join(home, 'shop/compose.yaml'), 'services:\n  web:\n    image: x\n    ports: ["27131:80"]\n');
  const codes = async () =>
    json(await vports(['doctor', '--json'])).findings.map(({ code }: { code: string }) => code);
  expect(await codes()).not.toContain('NO_PROJECT');
  expect((await vports(['import', '.'])).stderr).toContain(
    '{"project": "github.com/acme/shop"} in .vports.json',
  );
  expect(await codes()).toContain('NO_PROJECT');
  expect((await vports(['describe', 'old', '--to-project', 'github.com/acme/shop'])).status).toBe(0);
  expect(await codes()).not.toContain('NO_PROJECT');
});

test('names and globs of describe, release and renew mean this project’s own, in one commit', async () => {
  const { path, folders } = await repositories(TWO);
  const [shop, other] = folders.map(({ vports }) => vports) as [Vports, Vports];
  for (const name of ['web', 'web-admin', 'api']) await shop(['allocate', name]);
  await other(['allocate', 'web-blog']);
  const commits = () => Number(git(path, 'rev-list', '--count', 'main'));
  const before = commits();
  const { described } = json(await shop(['describe', 'web*', 'api', '--owner', 'team-web', '--json']));
  expect(described.map(({ resource }: { resource: string }) => resource)).toEqual([
    'web',
    'web-admin',
    'api',
  ]);
  expect(commits()).toBe(before + 1);
  const { released } = json(await shop(['release', 'web*', '--json']));
  expect(released.map(({ resource }: { resource: string }) => resource)).toEqual(['web', 'web-admin']);
  expect(commits()).toBe(before + 2);
  expect((await other(['get', 'web-blog'])).status).toBe(0);
  const none = await shop(['release', 'ap?', 'web*', '--json']);
  expect([none.status, json(none).error.code]).toEqual([1, 'UNKNOWN_RESOURCE']);
  expect((await shop(['get', 'api'])).status).toBe(0);
  for (const name of ['tests-a', 'tests-b']) await shop(['allocate', name, '--ttl', '10m']);
  const { renewed } = json(await shop(['renew', 'tests-*', '--ttl', '2h', '--json']));
  expect(renewed.map(({ resource }: { resource: string }) => resource)).toEqual(['tests-a', 'tests-b']);
});

test('what a repository held before it was renamed is handed over by a glob', async () => {
  const { home, folders } = await repositories({ shop: TWO.shop });
  const { vports } = folders[0]!;
  for (const name of ['web', 'web-admin']) await vports(['allocate', name]);
  git(join(home, 'shop'), 'remote', 'set-url', 'origin', 'git@github.com:acme/store.git');
  expect((await vports(['release', 'web', '--json'])).status).toBe(1);
  const run = await vports([
    'describe',
    'web*',
    '--project',
    'github.com/acme/shop',
    '--to-project',
    'github.com/acme/store',
  ]);
  expect(run.status).toBe(0);
  expect(json(await vports(['release', 'web*', '--json'])).released).toHaveLength(2);
});

test('two folders of one repository whose packages differ by their scopes are two resources', async () => {
  const { home, folders } = await repositories({ mono: TWO.shop });
  const root = join(home, 'mono');
  put(join(root, 'apps/a/package.json'), '{"name": "@acme/web"}');
  put(join(root, 'apps/b/package.json'), '{"name": "@beta/web"}');
  git(root, 'add', '.');
  const [a, b] = ['apps/a', 'apps/b'].map((it) => folders[0]!.in(it)) as [Vports, Vports];
  const [first, second] = [await a(['allocate']), await b(['allocate'])];
  expect(second.stdout).not.toBe(first.stdout);
  expect((await a(['url'])).stdout).toBe(`http://localhost:${first.stdout}`);
  expect((await b(['url'])).stdout).toBe(`http://localhost:${second.stdout}`);
  expect(json(await b(['status', '--json']))).toMatchObject({ resource: 'apps-b.web' });
  expect((await b(['run', '--', 'printenv', 'PORT'])).stdout).toBe(second.stdout);
});
