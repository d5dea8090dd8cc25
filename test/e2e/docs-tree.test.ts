import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { runner } from '../support/program.js';

/** Two services side by side; `web` has moved from 25001 to 25002 with its documents left alone. */
async function tree() {
  const home = temporaryFolder();
  const cwd = join(home, 'repo');
  mkdirSync(join(cwd, '.git'), { recursive: true });
  put(join(cwd, 'web/service.json'), '{ "name": "web",\r\n\t"ports": { "main": 25001 } }');
  put(join(cwd, 'web/.env'), 'WEB_PORT=25001\n');
  put(join(cwd, 'web/docs/use.md'), 'Open it:\n\nhttp://localhost:25001/ or http://127.0.0.1:25009/\n');
  put(join(cwd, 'db/.vrooli/service.json'), '{ "service": { "name": "db" }, "ports": { "main": 25003 } }\n');
  const vports = runner(home, { cwd });
  for (const it of ['web', 'db'])
    expect((await vports(['allocate', it, '--dir', it, '--range', 'monitoring'])).status).toBe(0);
  expect((await vports(['reassign', 'web', '--to', '25002', '--no-docs'])).status).toBe(0);
  return { cwd, vports, at: (file: string) => readFileSync(join(cwd, file), 'utf8') };
}

test('docs --check of a tree tells each place with file, line and fix, and docs mends all but prose', async () => {
  const { vports, at } = await tree();
  const check = await vports(['docs', '--check', '--json']);
  expect(check.status).toBe(1);
  const { documents, problems } = JSON.parse(check.stdout);
  expect(
    documents.filter((it: { changed: boolean }) => it.changed).map((it: { path: string }) => it.path),
  ).toEqual([
    expect.stringMatching(/web\/service\.json$/),
    expect.stringMatching(/web\/README\.md$/),
    expect.stringMatching(/web\/\.env$/),
  ]);
  expect(problems).toEqual([
    expect.objectContaining({ code: 'WRONG_PORT', file: 'web/.env', line: 1, port: 25001 }),
    expect.objectContaining({ file: 'web/README.md' }),
    {
      code: 'STALE_PROSE',
      level: 'error',
      file: 'web/docs/use.md',
      line: 3,
      column: 18,
      port: 25001,
      message: 'old port 25001 of web, which now has 25002',
      fix: 'write 25002',
    },
    expect.objectContaining({ code: 'WRONG_PORT', file: 'web/service.json', line: 2 }),
  ]);
  expect(at('web/.env')).toBe('WEB_PORT=25001\n');

  const write = await vports(['docs']);
  expect([write.status, write.stdout.split('\n').length]).toEqual([0, 3]);
  expect(write.stderr).toContain('web/docs/use.md:3:18');
  expect(at('web/service.json')).toBe('{ "name": "web",\r\n\t"ports": { "main": 25002 } }');
  expect(at('web/.env')).toBe('WEB_PORT=25002\n');
  expect(at('web/docs/use.md')).toContain('localhost:25001');

  const again = await vports(['docs', '--check']);
  expect([again.status, again.stdout]).toEqual([1, '']);
  expect(JSON.parse((await vports(['ci', '--json'])).stdout).problems).toEqual([
    expect.objectContaining({ code: 'STALE_PROSE', file: 'web/docs/use.md' }),
  ]);
});

test('prose may speak of ports that are held, that nobody had, and of those in the block of vports', async () => {
  const { cwd, vports } = await tree();
  put(join(cwd, 'web/docs/use.md'), 'localhost:25002 localhost:25003 localhost:31999 example.org:25001\n');
  expect((await vports(['docs'])).status).toBe(0);
  expect((await vports(['docs', '--check'])).status).toBe(0);
  expect((await vports(['docs', '--check', 'db'])).status).toBe(0);
});

test('a broken service.json in a tree is a finding, and the other services are brought in line', async () => {
  const { cwd, vports, at } = await tree();
  put(join(cwd, 'db/.vrooli/service.json'), '{ "service": { "name": "db" },\n "ports": { "main": ');
  const run = await vports(['docs', '--json']);
  expect(run.status).toBe(1);
  expect(JSON.parse(run.stdout).problems).toContainEqual(
    expect.objectContaining({ code: 'UNREADABLE', file: 'db/.vrooli/service.json', line: 2 }),
  );
  expect(at('web/.env')).toBe('WEB_PORT=25002\n');
  const named = await vports(['docs', 'db', '--json']);
  expect([named.status, JSON.parse(named.stdout).error.code]).toEqual([2, 'BAD_SERVICE_JSON']);
});

test('documents are in step after each write: rows of the README stand as service.json has the names', async () => {
  const { vports } = await tree();
  await vports(['docs']);
  for (const args of [
    ['allocate', 'db', '--dir', 'db', '--port', 'api'],
    ['allocate', 'db', '--dir', 'db', '--port', 'zed'],
  ]) {
    expect((await vports(args)).status).toBe(0);
    const check = await vports(['docs', '--check', 'db']);
    expect([check.status, check.stdout]).toEqual([0, '']);
  }
});

test('a README that cannot be read is told, and the other folders are brought in line', async () => {
  const { cwd, vports, at } = await tree();
  rmSync(join(cwd, 'db/README.md'));
  mkdirSync(join(cwd, 'db/README.md'));
  const run = await vports(['docs']);
  expect(run.stderr).toContain('db/README.md was not written (EISDIR)');
  expect(at('web/service.json')).toContain('25002');
  for (const args of [['docs', '--check'], ['ci'], ['reconcile', '.']])
    expect([args, (await vports(args)).status]).not.toEqual([args, 70]);
});

test('what could not be written is not told as changed', async () => {
  const { cwd, vports } = await tree();
  // Nobody can write there, root neither.
  rmSync(join(cwd, 'web/README.md'));
  symlinkSync('/proc/version', join(cwd, 'web/README.md'));
  await vports(['policy', 'set', 'documents.readme', 'required']);
  const run = await vports(['docs']);
  expect(run.stderr).toContain('web/README.md was not written');
  expect(run.stdout).not.toContain('README.md');
  expect(run.status).toBe(1);
});

test('a folder called .env is none of the documents', async () => {
  const { cwd, vports } = await tree();
  rmSync(join(cwd, 'web/.env'));
  mkdirSync(join(cwd, 'web/.env/bin'), { recursive: true });
  const run = await vports(['allocate', 'web', '--dir', 'web', '--port', 'more']);
  expect([run.status, run.stderr]).toEqual([0, expect.not.stringContaining('was not written')]);
});

test('a number that several services have through an alias is edited once', async () => {
  const { cwd, vports, at } = await tree();
  const compose = (port: number) =>
    `x-base: &base\n  image: a\n  ports: &p\n    - "${port}:80"\nservices:\n  web:\n    <<: *base\n  other:\n    ports: *p\n`;
  put(join(cwd, 'web/compose.yml'), compose(25002));
  expect((await vports(['docs'])).status).toBe(0);
  expect(
    (await vports(['register', 'web', 'x=9500', '--allow-outside-policy', '--reason', 'old', '--dir', 'web']))
      .status,
  ).toBe(0);
  put(join(cwd, 'web/compose.yml'), compose(9500));
  expect((await vports(['reassign', 'web', '--port', 'x', '--to', '30005', '--dir', 'web'])).status).toBe(0);
  expect(at('web/compose.yml')).toBe(compose(30005));
});

test('a number that stands in a compose or env file without its variable follows a move, then and later', async () => {
  const { cwd, vports, at } = await tree();
  const compose = (port: number) =>
    `services:\n  web:\n    ports: ["${port}:80"]\n    command: serve 25009\n`;
  put(join(cwd, 'web/compose.yml'), compose(25001));
  put(join(cwd, 'web/.env'), 'PORT=25001\nOTHER_PORT=25003\nDB_PORT=5432\n');
  const check = await vports(['docs', '--check', '--json']);
  expect(check.status).toBe(1);
  for (const file of ['web/compose.yml', 'web/.env'])
    expect(JSON.parse(check.stdout).problems).toContainEqual(
      expect.objectContaining({ code: 'WRONG_PORT', file, port: 25001 }),
    );
  expect((await vports(['docs'])).status).toBe(0);
  expect(at('web/compose.yml')).toBe(compose(25002));
  expect(at('web/.env')).toBe('PORT=25002\nOTHER_PORT=25003\nDB_PORT=5432\n');

  expect((await vports(['reassign', 'web', '--to', '25005', '--dir', 'web'])).status).toBe(0);
  expect([at('web/compose.yml'), at('web/.env').slice(0, 11)]).toEqual([compose(25005), 'PORT=25005\n']);
});

test('a number that its service had, and somebody else has now, follows that service', async () => {
  const { cwd, vports, at } = await tree();
  expect((await vports(['register', 'db', 'old=25001', '--dir', 'db'])).status).toBe(0);
  put(join(cwd, 'web/compose.yml'), 'services:\n  web:\n    ports: ["25001:80"]\n');
  await vports(['docs']);
  expect(at('web/compose.yml')).toContain('25002:80');
});

test('ports that a service.json has elsewhere stay there, and follow', async () => {
  const { cwd, vports, at } = await tree();
  const text = (port: number) => `{ "name": "far", "deployment": { "ports": { "main": ${port} } } }\n`;
  put(join(cwd, 'far/service.json'), text(25040));
  expect((await vports(['import', 'far'])).status).toBe(0);
  expect((await vports(['docs', 'far'])).status).toBe(0);
  expect(at('far/service.json')).toBe(text(25040));
  expect((await vports(['reassign', 'far', '--to', '25041', '--dir', 'far'])).status).toBe(0);
  expect(at('far/service.json')).toBe(text(25041));
  expect((await vports(['docs', 'far', '--check'])).status).toBe(0);
  const again = JSON.parse((await vports(['import', 'far', '--json'])).stdout);
  expect([again.imported, again.problems]).toEqual([[], []]);
});

test('one resource that moves takes its documents along, wherever in the work tree they are', async () => {
  const { cwd, vports, at } = await tree();
  await vports(['docs']);
  put(join(cwd, 'web/compose.yml'), 'services: { web: { ports: ["25002:80"] } }\n');
  const told = await vports(['reassign', 'web', '--range', '25100-25199']);
  expect(told.stderr).toContain('web/service.json');
  expect([at('web/service.json'), at('web/compose.yml')]).toEqual([
    expect.stringContaining('25100'),
    expect.stringContaining('"25100:80"'),
  ]);
  expect((await vports(['reassign', 'web', '--to', '25101'])).status).toBe(0);
  expect(at('web/service.json')).toContain('25101');
  expect((await vports(['reassign', 'web', '--to', '25102', '--dry-run'])).status).toBe(0);
  expect(at('web/service.json')).toContain('25101');
});

test('documents in a folder that says how the service is run follow as those beside its service.json', async () => {
  const { cwd, vports, at } = await tree();
  const files = ['web/docker/docker-compose.yml', 'web/config/.env'];
  put(join(cwd, files[0]!), 'services: { web: { ports: ["${WEB_PORT:-25001}:80"] } }\n');
  put(join(cwd, files[1]!), 'WEB_PORT=25001\n');
  put(join(cwd, 'web/deploy/service.json'), '{ "name": "deployer" }\n');
  put(join(cwd, 'web/deploy/.env'), 'WEB_PORT=25001\n');
  const check = JSON.parse((await vports(['docs', '--check', '--json'])).stdout);
  for (const file of files)
    expect(check.problems).toContainEqual(expect.objectContaining({ code: 'WRONG_PORT', file }));
  expect((await vports(['docs'])).status).toBe(0);
  expect([at(files[0]!), at(files[1]!), at('web/deploy/.env')]).toEqual([
    expect.stringContaining('25002'),
    'WEB_PORT=25002\n',
    'WEB_PORT=25001\n',
  ]);
  expect((await vports(['reassign', 'web', '--to', '25003', '--dir', 'web'])).status).toBe(1);
  expect((await vports(['reassign', 'web', '--to', '25004', '--dir', 'web'])).status).toBe(0);
  expect([at(files[0]!), at(files[1]!)]).toEqual([expect.stringContaining('25004'), 'WEB_PORT=25004\n']);
});
