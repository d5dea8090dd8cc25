import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** A service's repository as its people have it, and a registry that gave it 25301 and 25302. */
async function service() {
  const registry = await newRegistry({ bare: true });
  const home = temporaryFolder();
  const root = join(home, 'repo');
  mkdirSync(root);
  git(root, 'init', '-q');
  put(join(root, '.vports.json'), JSON.stringify({ registry }));
  put(
    join(root, 'service.json'),
    '{ "name": "web", "ports": {\n  "api": { "env_var": "API_PORT" },\n  "ui": 0 } }\n',
  );
  const vports = runner(home, { cwd: root, env: { CI: 'true' } });
  await vports(['allocate', 'web', '--port', 'api=25301', '--port', 'ui=25302']);
  await vports(['allocate', 'db', '--port', '25303']);
  put(join(root, '.env'), 'API_PORT=25301\nDB_PORT=25303\n');
  put(
    join(root, 'compose.yaml'),
    'services:\n  web:\n    ports:\n      - "${API_PORT:-25301}:8080"\n  db:\n    ports: ["25303:5432"]\n',
  );
  put(join(root, 'Dockerfile'), 'FROM node\nENV API_PORT=8080\nEXPOSE 8080\n');
  put(
    join(root, 'deploy/web.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { ports: [{ port: 80, targetPort: 8080, nodePort: 25302 }] }\n',
  );
  return { root, vports };
}

test('a repository whose documents say what the registry says is fine', async () => {
  const { vports } = await service();
  const run = await vports(['ci']);
  expect([run.status, run.stdout]).toEqual([0, 'documents match the registry']);
  expect(JSON.parse((await vports(['ci', '--json'])).stdout)).toEqual({
    ok: true,
    problems: [],
    warnings: [],
  });
});

test('every number that the registry has otherwise, or does not know, is told with file, line and fix', async () => {
  const { root, vports } = await service();
  put(
    join(root, '.env'),
    '# ports\nAPI_PORT=25399\nDB_PORT=25303\nOLD_PORT=25398\nMINE_PORT=25398 # vports: ignore\n',
  );
  put(
    join(root, 'compose.yaml'),
    'services:\n  web:\n    ports:\n      - "${API_PORT:-25300}:8080"\n      - "25303:80"\n      - "25397:81"\n',
  );
  put(join(root, 'Dockerfile'), 'FROM node\nEXPOSE 8080 9999\n');
  put(
    join(root, 'deploy/web.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports:\n    - nodePort: 25396\n',
  );
  put(
    join(root, 'service.json'),
    '{ "name": "web", "ports": {\n  "api": { "env_var": "API_PORT", "port": 25300 },\n  "ui": 25302,\n  "extra": 25395 } }\n',
  );
  put(join(root, 'README.md'), '<!-- vports:start -->\n| ui | 25390 |\n<!-- vports:end -->\n');
  put(join(root, 'broken/service.json'), '{ "name": "x",\n  "ports": }\n');
  put(join(root, 'broken/compose.yaml'), 'services: [\n');
  put(join(root, 'node_modules/x/.env'), 'X_PORT=1\n');
  put(join(root, '.gitignore'), 'ignored/\n');
  put(join(root, 'ignored/.env'), 'X_PORT=1\n');
  symlinkSync('..', join(root, 'deploy/loop'));
  const run = await vports(['ci', '--json']);
  expect(run.status).toBe(1);
  const { ok, problems } = JSON.parse(run.stdout);
  expect(ok).toBe(false);
  const told = problems.map((it: { file: string; line: number; code: string; level: string; port: number }) =>
    [it.file, it.line, it.level, it.code, it.port].join(' '),
  );
  expect(told).toEqual([
    '.env 2 error WRONG_PORT 25399',
    'README.md 2 error WRONG_PORT 25302',
    'broken/compose.yaml 2 error UNREADABLE ',
    'broken/service.json 2 error UNREADABLE ',
    'compose.yaml 4 error WRONG_PORT 25300',
    'compose.yaml 5 error FOREIGN_PORT 25303',
    'compose.yaml 6 error UNKNOWN_PORT 25397',
    'deploy/web.yaml 6 error UNKNOWN_PORT 25396',
    'service.json 2 error WRONG_PORT 25301',
    'service.json 4 error UNKNOWN_PORT 25395',
  ]);
  const text = (await vports(['ci'])).stdout;
  expect(text).toContain(
    '.env:2:10: error WRONG_PORT: web (api), API_PORT, has 25399 here, but 25301 in the registry (vports docs ',
  );
  expect(text).toContain(
    'compose.yaml:5:10: error FOREIGN_PORT: 25303/tcp is used here for web, but held by db',
  );
  const annotated = (await vports(['ci'], { env: { CI: 'true', GITHUB_ACTIONS: 'true' } })).stdout.split(
    '\n',
  );
  expect(annotated[0]).toBe(
    `::error file=.env,line=2,col=10,title=WRONG_PORT::web (api), API_PORT, has 25399 here, but 25301 in the registry (vports docs ., or vports reassign web --port api --to 25399)`,
  );
  expect(annotated.every((line) => /^::(error|warning) /.test(line))).toBe(true);
});

test('what is inside a container is its own affair, a part of the tree can be looked at, and the past can be asked', async () => {
  const { root, vports } = await service();
  put(join(root, 'sub/Dockerfile'), 'EXPOSE 9999\n');
  const run = await vports(['ci', 'sub']);
  expect([run.status, run.stdout]).toEqual([0, 'documents match the registry']);
  expect((await vports(['ci', 'nowhere'])).status).toBe(2);
  await vports(['release', 'db']);
  expect((await vports(['ci'])).stdout).toContain('25303/tcp is not registered');
  expect((await vports(['ci', '--at', 'HEAD~1'])).status).toBe(0);
});

test('nothing in a document can steer a terminal or start a workflow command', async () => {
  const { root, vports } = await service();
  put(join(root, 'deploy/a\n::error::b/.env'), 'X_PORT=1\n');
  put(
    join(root, 'deploy/k.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: "\\e[31m\\n::stop" }\nspec: { containers: [{ ports: [{ hostPort: 7 }] }] }\n',
  );
  for (const format of ['text', 'github']) {
    const lines = (await vports(['ci', '--format', format])).stdout.split('\n');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('\u001b');
  }
});

test('a file that git tracks is looked at, ignored or not, in each version of the index', async () => {
  const { root, vports } = await service();
  put(join(root, '.gitignore'), 'deploy/\n*.env\n');
  put(join(root, 'deploy/a/compose.yaml'), 'services:\n  a:\n    ports: ["25390:80"]\n');
  put(join(root, 'deploy/b/compose.yaml'), 'services:\n  b:\n    ports: ["25391:80"]\n');
  const told = async () => {
    const { problems } = JSON.parse((await vports(['ci', '--json'])).stdout);
    return problems.map(({ file }: { file: string }) => file).filter((it: string) => it.startsWith('deploy'));
  };
  expect(await told()).toEqual([]);
  git(root, 'add', '-f', 'deploy/a/compose.yaml');
  for (const version of ['2', '3', '4']) {
    git(root, 'update-index', '--index-version', version);
    expect(await told()).toEqual(['deploy/a/compose.yaml']);
  }
  put(join(root, '.git/index'), 'DIRC');
  expect(await told()).toEqual([]);
});

test('with --base a branch excuses nothing by itself', async () => {
  const { root, vports } = await service();
  git(root, 'config', 'user.email', 'a@b.c');
  git(root, 'config', 'user.name', 'a');
  put(join(root, 'compose.yaml'), 'services:\n  a:\n    ports:\n      - "25390:80" # vports: ignore\n');
  git(root, 'add', '-A');
  git(root, 'commit', '-qm', 'base');
  const ask = async (...args: string[]) => {
    const run = await vports(['ci', '--json', '--base', 'HEAD', ...args]);
    const { problems } = JSON.parse(run.stdout);
    return [run.status, ...problems.map((it: { line: number; code: string }) => `${it.line} ${it.code}`)];
  };
  expect(await ask()).toEqual([0]);
  put(
    join(root, 'compose.yaml'),
    'services:\n  a:\n    # moved\n    ports:\n      - "25390:80" # vports: ignore\n      - "25391:80" # vports: ignore\n',
  );
  expect(await ask()).toEqual([1, '6 NEW_IGNORE', '6 UNKNOWN_PORT']);
  expect((await vports(['ci'])).status).toBe(0);
  expect((await vports(['ci', '--base', 'nothing'])).status).toBe(2);
});

test('with --base a branch cannot choose the registry that it is held against', async () => {
  const { root, vports } = await service();
  git(root, 'add', '-A');
  git(root, '-c', 'user.email=a@b.c', '-c', 'user.name=a', 'commit', '-qm', 'base');
  const other = await newRegistry({ bare: true });
  put(join(root, '.vports.json'), JSON.stringify({ registry: other }));
  const { problems } = JSON.parse((await vports(['ci', '--json', '--base', 'HEAD'])).stdout);
  expect(problems).toContainEqual(
    expect.objectContaining({ file: '.vports.json', code: 'OTHER_REGISTRY', level: 'error' }),
  );
});

test('an environment file that is a link is read where every clone has its target, and nowhere else', async () => {
  const { root, vports } = await service();
  put(join(root, '.gitignore'), '.env\n');
  put(join(root, 'api/.env.example'), 'API_PORT=25301\n');
  mkdirSync(join(root, 'app'));
  symlinkSync('../.env', join(root, 'app/.env'));
  symlinkSync('.env.example', join(root, 'api/.env'));
  symlinkSync('../other/.env', join(root, '.env.local'));
  git(root, 'add', '-f', 'app/.env', 'api/.env', '.env.local');
  const check = async () => {
    const run = await vports(['ci']);
    return [run.status, run.stdout.split('\n').at(-1), run.stderr.match(/^\S+: error/gm)];
  };
  put(join(root, '.env'), 'API_PORT=25301\nMINE_PORT=25399\n');
  put(join(root, '../other/.env'), 'OTHER_PORT=25398\n');
  expect(await check()).toEqual([0, 'documents match the registry', null]);
  rmSync(join(root, '.env'));
  rmSync(join(root, '../other'), { recursive: true });
  expect(await check()).toEqual([0, 'documents match the registry', null]);
  put(join(root, 'api/.env.example'), 'ADMIN_PORT=25397\n');
  expect((await check())[0]).toBe(1);
});
