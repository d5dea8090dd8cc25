import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

interface Item {
  file: string;
  line: number;
  column: number;
  resource: string;
  name: string;
  port: number | null;
  protocol: string;
  exception: string | null;
  code: string | null;
  why: string | null;
}
type Answer = Record<'imported' | 'toAllocate' | 'skipped' | 'problems', Item[]> & {
  commits: object[];
  documents: string[];
};

/** A monorepo that knows nothing of vports, and an empty registry beside it. */
async function monorepo() {
  const home = temporaryFolder();
  const root = join(home, 'shop');
  mkdirSync(root);
  git(root, 'init', '-q');
  const registry = await newRegistry({ bare: true });
  const vports = runner(home, { cwd: root, env: { VPORTS_REGISTRY: registry } });
  const importing = async (...args: string[]) => {
    const run = await vports(['import', '.', '--json', ...args]);
    return { ...run, answer: JSON.parse(run.stdout) as Answer };
  };
  const commits = () => Number(git(registry, 'rev-list', '--count', 'main'));
  return { root, registry, vports, importing, commits, at: (file: string) => join(root, file) };
}

const shown = ({ resource, name, port, protocol, file, line }: Item) =>
  `${resource} ${name} ${port}/${protocol} ${file}:${line}`;

async function shop() {
  const made = await monorepo();
  const { at } = made;
  put(
    at('web/service.json'),
    '{ "name": "web", "ports": {\n  "api": 25001,\n  "ui": { "range": "35000-35999" } } }',
  );
  put(at('ports.sh'), 'declare -A RESOURCE_PORTS=(\n  ["ollama"]="11434"\n  ["dns"]="5353" # udp\n)\n');
  put(
    at('db/docker-compose.yml'),
    'services:\n  db:\n    image: postgres\n    ports:\n      - "127.0.0.1:${DB_PORT:-20432}:5432"\n',
  );
  put(at('mail/.env'), 'MAIL_PORT=33025\n');
  put(
    at('k8s/shop.yaml'),
    'apiVersion: v1\nkind: Service\nmetadata: { name: shop }\nspec:\n  ports:\n    - { port: 80, nodePort: 30080 }\n',
  );
  put(at('ports.csv'), 'service,port,owner\nbilling,30100,team-money\n');
  put(at('web/node_modules/x/service.json'), '{ "name": "x", "ports": { "main": 1 } }');
  put(at('.gitignore'), 'generated\n');
  put(at('generated/service.json'), '{ "name": "y", "ports": { "main": 2 } }');
  return made;
}

test('what all documents of a tree say of ports is one commit, and a second run imports nothing', async () => {
  const { importing, commits, vports } = await shop();
  const plan = await importing('--dry-run');
  expect([plan.status, plan.answer.commits, commits()]).toEqual([0, [], 1]);

  const first = await importing('--owner', 'platform');
  expect(first.answer.imported).toEqual(plan.answer.imported);
  expect(first.answer.imported.map(shown)).toEqual([
    'ollama main 11434/tcp ports.sh:2',
    'dns main 5353/udp ports.sh:3',
    'billing main 30100/tcp ports.csv:2',
    'web api 25001/tcp web/service.json:2',
    'db main 20432/tcp db/docker-compose.yml:5',
    'shop main 30080/tcp k8s/shop.yaml:6',
    'mail main 33025/tcp mail/.env:1',
  ]);
  expect(first.answer.imported.flatMap((it) => it.exception ?? [])).toEqual(['outside-range', 'reserved']);
  expect(first.answer.toAllocate.map(shown)).toEqual(['web ui null/tcp web/service.json:3']);
  expect([first.answer.problems, first.answer.commits.length, commits()]).toEqual([[], 1, 2]);
  expect(first.stderr).toContain('7 imported (2 outside the policy), 1 to allocate, 0 skipped, 0 problems');

  const second = await importing();
  expect([second.answer.imported, second.answer.commits, commits()]).toEqual([[], [], 2]);
  expect(second.answer.skipped).toHaveLength(7);
  const list = JSON.parse((await vports(['list', '--json'])).stdout).ports;
  expect(list.filter((it: { owner: string }) => it.owner === 'platform')).toHaveLength(6);
  expect((await vports(['verify'])).status).toBe(0);
});

test('the last line says what was registered, and what to do next', async () => {
  const { at, vports } = await monorepo();
  put(at('web/service.json'), '{ "name": "web", "ports": {\n  "api": 25001,\n  "ui": "auto" } }');
  const lastLine = async (...args: string[]) =>
    (await vports(['import', '.', ...args])).stderr.trimEnd().split('\n').at(-1);
  expect(await lastLine('--dry-run')).toBe('nothing was written; add --allocate to allocate 1 port more');
  expect(await lastLine()).toBe('registered 1 port; add --allocate to allocate 1 port more');
  expect(await lastLine('--allocate')).toBe(
    'registered 1 port; `vports ci` checks these documents from now on',
  );
  put(at('db/service.json'), '{ "name": "db", "ports": { "main": 25001 } }');
  expect(await lastLine()).toBe('registered no new port; fix the 2 problems above and import again');
});

test('--allocate gives ports to what asks for one, in the range it asks for, and writes them down', async () => {
  const { importing, at, commits, vports } = await shop();
  const run = await importing('--allocate');
  expect([run.status, run.answer.toAllocate, commits()]).toEqual([0, [], 2]);
  const [ui] = run.answer.imported.filter(({ name }) => name === 'ui');
  expect(ui!.port).toBe(35000);
  expect(readFileSync(at('web/service.json'), 'utf8')).toContain('"port": 35000');
  expect(run.answer.documents).toEqual([at('web/service.json'), at('web/README.md')]);
  expect((await vports(['docs', '--check'])).status).toBe(0);
});

test('of two that want one port neither wins, both places are named, and the rest is imported', async () => {
  const { importing, at, vports } = await monorepo();
  put(at('a/service.json'), '{ "name": "a", "ports": { "main": 8081 } }');
  put(at('b/service.json'), '{ "name": "b",\n "ports": { "main": 8081, "ui": 8082 } }');
  const { status, answer } = await importing();
  expect(status).toBe(1);
  expect(answer.imported.map(shown)).toEqual(['b ui 8082/tcp b/service.json:2']);
  expect(answer.problems.map(({ code, why, ...it }) => [shown(it as Item), code, why])).toEqual([
    ['a main 8081/tcp a/service.json:1', 'CONFLICT', 'b has the same port in b/service.json:2'],
    ['b main 8081/tcp b/service.json:2', 'CONFLICT', 'a has the same port in a/service.json:1'],
  ]);
  const taken = await vports(['check', '8081']);
  expect([taken.status, taken.stdout]).toEqual([1, 'reserved']);
});

test('what is broken is a problem with its place, and nothing of the rest is lost', async () => {
  const { importing, root, at } = await monorepo();
  put(at('good/service.json'), '{ "name": "good", "ports": { "main": 25001 } }');
  put(at('cut/service.json'), '{ "name": "cut",\n  "ports": { "main": 2500');
  put(at('latin/service.json'), Buffer.from('{ "name": "caf\xe9", "ports": { "main": 25002 } }', 'latin1'));
  put(at('deep/service.json'), '{"a":'.repeat(100_000));
  put(at('big/service.json'), '{ "name": "big", "ports": { "main": 25003 } }');
  truncateSync(at('big/service.json'), 100 * 2 ** 20);
  const lists = Array.from(
    { length: 30 },
    (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}, *a${i}]`,
  );
  put(
    at('bomb/compose.yaml'),
    `a0: &a0 ["8080:80"]\n${lists.join('\n')}\nservices: { web: { ports: *a30 } }\n`,
  );
  put(at('turn/compose.yaml'), 'services:\n  web: &web\n    build: *web\n    ports: ["25004:80"]\n');
  put(at('tab/compose.yml'), 'services:\n\tweb: {}\n');
  symlinkSync('..', at('good/loop'));
  symlinkSync('service.json', at('deep/compose.yaml'));
  mkdirSync(at('dangling'));
  symlinkSync('/nowhere', at('dangling/service.json'));
  mkdirSync(at('pipe'));
  execFileSync('mkfifo', [at('pipe/service.json')]);
  const { status, stderr, answer } = await importing();
  expect(status).toBe(1);
  expect(answer.imported.map(shown)).toEqual([
    'good main 25001/tcp good/service.json:1',
    'turn-web main 25004/tcp turn/compose.yaml:4',
  ]);
  expect(answer.problems.filter(({ file }) => file === 'bomb/compose.yaml')).toHaveLength(4);
  const problems = answer.problems.filter(({ code }) => code === 'UNREADABLE');
  expect(problems.map(({ file, line, column }) => `${file}:${line}:${column}`).sort()).toEqual([
    'big/service.json:1:1',
    'cut/service.json:2:26',
    'dangling/service.json:1:1',
    'deep/compose.yaml:1:1',
    'deep/service.json:1:1',
    'latin/service.json:1:1',
    'pipe/service.json:1:1',
    'tab/compose.yml:2:1',
  ]);
  expect(stderr).not.toMatch(/\bat .*\.c?js:/);
  appendFileSync(join(root, 'cut/service.json'), '5 } }');
  expect((await importing()).answer.imported.map(shown)).toEqual(['cut main 25005/tcp cut/service.json:2']);
});

test('files are told by name or by --format, and what is neither is said to be', async () => {
  const { vports, at } = await monorepo();
  put(at('list'), 'resource,name,port\nweb,api,25010/udp\n');
  const unknown = await vports(['import', 'list', '--json']);
  expect([unknown.status, JSON.parse(unknown.stdout).error.code]).toEqual([2, 'BAD_USAGE']);
  const missing = await vports(['import', 'no-such', '--json']);
  expect([missing.status, JSON.parse(missing.stdout).error.code]).toEqual([2, 'BAD_USAGE']);
  const run = await vports(['import', 'list', '--format', 'csv']);
  expect([run.status, run.stdout]).toEqual([0, 'imported 25010/udp web (api) list:2']);
  expect((await vports(['get', 'web', 'api'])).stdout).toBe('25010');
});

test('nothing in a document can steer a terminal', async () => {
  const { vports, at } = await monorepo();
  put(at('ports.csv'), 'service,port\n"\u001b[2Jweb",25001\n"a\u202eb",2500x\n');
  put(
    at('\u001b[2J/service.json'),
    '{ "name": "__proto__", "ports": { "constructor": 25002, "\\u001b]0;x": 1 } }',
  );
  const run = await vports(['import', '.']);
  expect(run.stdout + run.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});

test('--propose-policy prints a policy in which everything has its place, and policy edit --from takes it', async () => {
  const { importing, vports, at } = await shop();
  const proposed = await vports(['import', '.', '--propose-policy']);
  expect(proposed.status).toBe(0);
  const file = put(at('../policy.json'), proposed.stdout);
  expect((await vports(['policy', 'edit', '--from', file])).status).toBe(0);
  const { status, answer } = await importing();
  expect([status, answer.imported.length, answer.imported.flatMap((it) => it.exception ?? [])]).toEqual([
    0,
    7,
    [],
  ]);
  expect((await vports(['verify'])).status).toBe(0);
});

test.each<[string, string, string]>([
  ['one number', '{ "name": "web", "ports": 26011 }', '{ "name": "web", "ports": 26012 }'],
  ['a list of one', '{ "name": "web", "ports": [26011] }', '{ "name": "web", "ports": [26012] }'],
  [
    'a list with names',
    '{ "name": "web", "ports": [{ "name": "main", "port": 26011 }, 26013] }',
    '{ "name": "web", "ports": [{ "name": "main", "port": 26012 }, 26013] }',
  ],
])('a service.json with %s is kept in step once it is imported', async (_, before, after) => {
  const { importing, vports, at } = await monorepo();
  put(at('web/service.json'), before);
  expect((await importing()).answer.problems).toEqual([]);
  await vports(['docs', '.']);
  expect((await vports(['docs', '.', '--check'])).status).toBe(0);
  expect(readFileSync(at('web/service.json'), 'utf8')).toBe(before);
  await vports(['reassign', 'web', '--port', 'main', '--to', '26012', '--no-docs']);
  expect((await vports(['docs', '.', '--check'])).status).toBe(1);
  await vports(['docs', '.']);
  expect(readFileSync(at('web/service.json'), 'utf8')).toBe(after);
  expect((await vports(['docs', '.', '--check'])).status).toBe(0);
});

test('what the project excludes is passed over by every verb that looks through a tree', async () => {
  const { importing, vports, at, registry } = await monorepo();
  put(at('web/compose.yml'), 'services:\n  web:\n    ports: ["25601:80"]\n');
  put(at('templates/x/compose.yml'), 'services:\n  x:\n    ports: ["25602:80"]\n');
  put(at('templates/y/service.json'), '{ "name": "y", "ports": { "main": 25603 } }');
  put(at('.vports.json'), JSON.stringify({ registry, ignore: ['templates/**', '!templates/none'] }));
  const { answer } = await importing();
  expect(answer.imported.map(shown)).toEqual(['web main 25601/tcp web/compose.yml:3']);
  for (const args of [['ci'], ['docs', '--check'], ['reconcile', '.']]) {
    const run = await vports(args);
    expect([args[0], run.stdout.includes('templates')]).toEqual([args[0], false]);
  }
  put(at('.vports.json'), JSON.stringify({ registry, ignore: 'templates' }));
  const broken = await vports(['list'], { env: { VPORTS_REGISTRY: undefined } });
  expect([broken.status, broken.stderr]).toEqual([78, expect.stringContaining('.vports.json:1')]);
});

test('a wish that cannot be met fails that name alone, and a range that is set aside is called so', async () => {
  const { importing, at } = await monorepo();
  put(
    at('web/service.json'),
    '{ "name": "web", "ports": {\n  "api": { "range": "24000-24999" },\n  "ui": { "range": "35000-35999" } } }',
  );
  const { answer, status } = await importing('--allocate');
  expect(status).toBe(1);
  expect(answer.imported.map(({ name, port }) => `${name} ${port}`)).toEqual(['ui 35000']);
  expect(answer.problems.map(({ name, code, why }) => [name, code, why])).toEqual([
    ['api', 'PORT_RESERVED', expect.stringContaining('is reserved')],
  ]);
});

test('a policy that is proposed has the ranges that service.json asks for', async () => {
  const { vports, at } = await monorepo();
  put(at('web/service.json'), '{ "name": "web", "ports": { "api": { "range": "15000-19999" } } }');
  const proposed = await vports(['import', '.', '--propose-policy']);
  put(at('policy.json'), proposed.stdout);
  expect((await vports(['policy', 'edit', '--from', 'policy.json'])).status).toBe(0);
  const run = await vports(['import', '.', '--allocate', '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({ imported: [{ port: 15000 }], warnings: [] });
});

test('of a large tree the text tells how much there is, and every problem with all rivals', async () => {
  const { vports, at } = await monorepo();
  for (let index = 0; index < 60; index++) {
    const compose = `services:\n  s${index}:\n    expose: ["80"]\n    ports: ["${25_600 + index}:80"]\n`;
    put(at(`services/s${index}/compose.yml`), compose);
  }
  for (const name of ['a', 'b', 'c'])
    put(at(`${name}/compose.yml`), `services:\n  ${name}:\n    ports: ["25900:80"]\n`);
  put(at('voip/compose.yml'), 'services:\n  voip:\n    ports: ["26100-26119:26100-26119/udp"]\n');
  const { stdout } = await vports(['import', '.', '--dry-run']);
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^would import 80: voip 20, services\/s0 1, .*, others \d+$/),
    'skipped 60 inside containers',
    'problem CONFLICT: 25900/tcp is claimed by a a/compose.yml:3, b b/compose.yml:3, c c/compose.yml:3',
  ]);
  const all = await vports(['import', '.', '--dry-run', '--verbose']);
  expect(all.stdout).toContain('would import 26100-26119/udp voip voip/compose.yml:3');
  expect(all.stdout.split('\n')).toHaveLength(61 + 60 + 1);
});

test('ports that a document tells as a range are one line in the list and in the history', async () => {
  const { vports, at } = await monorepo();
  put(at('voip/compose.yml'), 'services:\n  voip:\n    ports: ["26100-26119:26100-26119/udp", "26120:80"]\n');
  expect((await vports(['import', '.'])).status).toBe(0);
  const [, ...rows] = (await vports(['list'])).stdout.split('\n');
  expect(rows.map((row) => row.split(/\s{2,}/).slice(0, 3))).toEqual([
    ['26100-26119/udp', 'voip', '20 ports'],
    ['26120/tcp', 'voip', 'main'],
  ]);
  const history = (await vports(['log'])).stdout.split('\n');
  expect(history).toHaveLength(2);
  expect(history.join()).toContain('registered 26100-26119/udp to voip by');
  expect(JSON.parse((await vports(['list', '--json'])).stdout).ports).toHaveLength(21);
});
