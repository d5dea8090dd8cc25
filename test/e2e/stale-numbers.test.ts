import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** A repository with these files and an empty registry, in a folder that can be copied as a whole. */
async function repository(files: Record<string, string>) {
  const home = temporaryFolder();
  const root = join(home, 'shop');
  mkdirSync(root);
  git(root, 'init', '-q');
  for (const [file, text] of Object.entries(files)) put(join(root, file), text);
  cpSync(await newRegistry({ bare: true }), join(home, 'ports.git'), { recursive: true });
  return at(home);
}

function at(home: string) {
  const root = join(home, 'shop');
  const vports = runner(home, { cwd: root, env: { VPORTS_REGISTRY: '../ports.git' } });
  const change = (file: string, from: string, to: string) =>
    writeFileSync(join(root, file), text(file).replace(from, to));
  const text = (file: string) => readFileSync(join(root, file), 'utf8');
  const copy = () => {
    const other = temporaryFolder();
    cpSync(home, other, { recursive: true });
    return at(other);
  };
  return { root, vports, change, text, copy };
}

/** The commands that a run prints in brackets, or behind a semicolon, to be pasted; without those about servers of other tests. */
function commandsIn({ stdout, stderr }: Run): string[][] {
  const printed = `${stdout}\n${stderr}`.match(/vports (?:docs|reassign|register|allocate)[^),;`\n]*/g) ?? [];
  const commands = [...new Set(printed)].map((it) => it.trim().split(' ').slice(1));
  return commands.filter((args) => !args.includes('RESOURCE'));
}

/** The commands in backticks, without those that start with a word for the user to replace. */
function advisedIn({ stdout, stderr }: Run): string[][] {
  const printed = [...`${stdout}\n${stderr}`.matchAll(/`vports ([^`]+)`/g)].map(([, args]) =>
    args!.split(' '),
  );
  return printed.filter((args) => !args.some((it) => /^[A-Z]+$/.test(it)));
}

/** A port in use by this process until the test is over. */
async function listener(): Promise<string> {
  const server = createServer();
  for (let port = 30_200; ; port++) {
    server.listen(port);
    const [outcome] = await Promise.race([
      once(server, 'listening').then(() => ['ok']),
      once(server, 'error'),
    ]);
    if (outcome !== 'ok') continue;
    onTestFinished(() => void server.close());
    return String(port);
  }
}

const SHOP = {
  'package.json': '{"name":"shop","scripts":{"dev":"vite --port 30011"}}\n',
  '.env.example': 'API_PORT=30012\n',
};

test('a number changed by hand is wrong for every verb, and both ways out lead to silence', async () => {
  const { vports, change, text, copy } = await repository(SHOP);
  expect((await vports(['import', '.'])).status).toBe(0);
  change('package.json', '30011', '30021');
  const runs = await Promise.all([vports(['ci']), vports(['docs', '--check']), vports(['reconcile'])]);
  for (const run of runs) {
    expect(run.status).toBe(1);
    expect(`${run.stdout}${run.stderr}`).toContain('has 30021 here, but 30011 in the registry');
    expect(commandsIn(run)).toEqual([
      ['docs', '.'],
      ['reassign', 'shop', '--port', 'dev', '--to', '30021'],
    ]);
  }
  const other = copy();
  expect((await other.vports(['reassign', 'shop', '--port', 'dev', '--to', '30021'])).status).toBe(0);
  expect((await other.vports(['ci'])).status).toBe(0);
  expect(other.text('package.json')).toContain('30021');

  expect((await vports(['docs', '.'])).status).toBe(0);
  expect(text('package.json')).toBe(SHOP['package.json']);
  expect((await vports(['ci'])).status).toBe(0);
});

test('a port of a document that is not on record is not taken for another one that has moved', async () => {
  const compose = 'services:\n  web:\n    ports:\n      - "30014:80"\n      - "30015:443"\n';
  const { vports, text } = await repository({ 'compose.yaml': compose });
  await vports(['register', 'other', '30014']);
  await vports(['import', '.']);
  await vports(['reassign', 'web', '--port', 'p30015', '--to', '30025', '--no-docs']);
  const run = await vports(['docs', '--check']);
  expect(`${run.stdout}${run.stderr}`).not.toContain('compose.yaml:4');
  await vports(['docs']);
  expect(text('compose.yaml')).toBe(compose.replace('30015', '30025'));
});

test('what still speaks of a port that has moved is found; docs replaces what is certain and reports the rest', async () => {
  const { vports, text, change } = await repository({
    'compose.yaml': 'services:\n  web:\n    image: x\n    ports: ["30050:80"]\n',
    '.env': 'API_URL=http://localhost:30001\n',
    'package.json': '{"scripts":{"e2e":"wait-on http://127.0.0.1:30001/health"}}\n',
    '.github/workflows/ci.yml': 'env:\n  WEB_PORT: 30001\n  OTHER: 30001\n',
    'README.md': '# s\n\nOpen http://localhost:30001\n',
  });
  await vports(['register', 'web', '30001']);
  await vports(['reassign', 'web', '--to', '30050']);
  const places = ['.env:1:26', '.github/workflows/ci.yml:2:13', 'README.md:3:23', 'package.json:1:45'];
  for (const args of [['ci'], ['docs', '--check'], ['reconcile']]) {
    const run = await vports(args);
    expect(run.status).toBe(1);
    for (const place of places) expect(`${run.stdout}${run.stderr}`).toContain(`${place}: `);
  }
  const brought = await vports(['docs']);
  expect(brought.stderr).toContain('README.md:3:23: error STALE_PROSE');
  expect([text('.env'), text('package.json')]).toEqual([
    'API_URL=http://localhost:30050\n',
    '{"scripts":{"e2e":"wait-on http://127.0.0.1:30050/health"}}\n',
  ]);
  expect(text('README.md')).toContain('30001');
  expect((await vports(['docs', '--check'])).status).toBe(1);
  change('README.md', '30001', '30001 <!-- vports: ignore -->');
  change('.github/workflows/ci.yml', 'WEB_PORT: 30001', 'WEB_PORT: 30050');
  expect((await vports(['docs', '--check'])).status).toBe(0);
  expect((await vports(['ci'])).status).toBe(0);
});

test('what only a container or a cluster sees is not stale when the port of the machine moves', async () => {
  const inside = {
    Dockerfile: 'FROM x\nEXPOSE 30001\nHEALTHCHECK CMD curl http://localhost:30001/\n',
    'k8s.yaml':
      'kind: Service\napiVersion: v1\nmetadata: { name: web, annotations: { "prometheus.io/port": "30001" } }\nspec:\n  ports:\n    - port: 30001\n      nodePort: 30090\n',
  };
  const { vports, text } = await repository({
    ...inside,
    'compose.yaml':
      'services:\n  web:\n    labels:\n      - traefik.http.services.web.loadbalancer.server.port=30001\n      - traefik.port=30001\n    healthcheck:\n      test: curl http://localhost:30001/\n    ports: ["30001:30001"]\n',
  });
  expect((await vports(['import', '.'])).status).toBe(0);
  await vports(['reassign', 'web', '--port', 'p30001', '--to', '30050', '--no-docs']);
  const run = await vports(['docs', '--check']);
  expect(run.stderr.match(/^\S+:\d+:\d+:/gm)).toEqual(['compose.yaml:8:14:']);
  expect((await vports(['docs'])).status).toBe(0);
  expect(text('compose.yaml')).toContain('"30050:30001"');
  for (const [file, before] of Object.entries(inside)) expect(text(file)).toBe(before);
});

test('every command that a finding prints succeeds in the state that it came from', async () => {
  const { vports, change, copy } = await repository({
    ...SHOP,
    'compose.yaml': 'services:\n  db:\n    ports: ["5432:5432"]\n  web:\n    ports: ["30013:80", "22:22"]\n',
    'svc/service.json': '{ "name": "svc", "ports": { "main": 8080 } }\n',
  });
  await vports(['import', '.env.example', 'package.json']);
  await vports(['register', 'other', '30013']);
  change('package.json', '30011', '22');
  const found = await Promise.all([vports(['ci']), vports(['docs', '--check']), vports(['reconcile'])]);
  const commands = found.flatMap(commandsIn);
  expect(commands.length).toBeGreaterThan(5);
  for (const args of commands) {
    const run = await copy().vports(args);
    expect([args.join(' '), run.status, run.stderr.match(/^error.*/m)?.[0]]).toEqual([
      args.join(' '),
      0,
      undefined,
    ]);
  }
});

test('every command that a verb prints in place of, or next to, its answer succeeds in the state that it leaves', async () => {
  const { vports, copy } = await repository({
    ...SHOP,
    // Scripts that end: `run` alone would start `dev`, and else names another one.
    'package.json': '{"name":"shop","scripts":{"web":"true"}}\n',
    'compose.yaml': 'services:\n  web:\n    ports: ["30013:80", "22:22"]\n',
  });
  const busy = await listener();
  await vports(['register', 'other', '30013']);
  await vports(['register', 'two', 'a=30100', 'b=30101']);
  const asked = [
    ['import', '.'],
    ['import', '.', '--dry-run'],
    ...['30013', '80', '65000'].flatMap((port) => [
      ['allocate', 'new', '--port', port],
      ['allocate', 'new', '--port', port, '--strict'],
      ['allocate', 'two', '--port', `a=${port}`],
      ['allocate', 'two', '--port', `a=${port}`, '--strict'],
      ['register', 'new', port],
      ['register', 'two', `a=${port}`],
      ['register', 'two', `a=${port}/udp`],
      ['reassign', 'two', '--port', 'a', '--to', port],
      ['release', 'two', '--port', port],
    ]),
    ['allocate', 'new', '--port', busy],
    ['allocate', 'new', '--port', busy, '--strict'],
    ['reassign', 'two', '--port', 'a', '--to', busy],
    ['reassign', 'none'],
    ['reassign', 'two'],
    ['release', 'none'],
    ['status'],
    ['run', '--resource', 'two', 'true'],
    ['run', '--resource', 'new', 'true'],
    ['run'],
  ];
  const failed: unknown[] = [];
  const tried = new Set<string>();
  for (const args of asked) {
    const state = copy();
    for (const command of advisedIn(await state.vports(args))) {
      const run = await state.copy().vports(command);
      tried.add(command[0]!);
      if (run.status !== 0) failed.push([args.join(' '), command.join(' '), run.stderr]);
    }
  }
  expect(failed).toEqual([]);
  expect([...tried].sort()).toEqual(expect.arrayContaining(['reassign', 'register', 'who']));
});

test('a move to a port that the policy keeps back names the option that takes it', async () => {
  const { vports } = await repository(SHOP);
  await vports(['register', 'web', '30001']);
  const refused = await vports(['reassign', 'web', '--to', '8080']);
  expect(refused.status).toBe(1);
  const [args = []] = commandsIn(refused);
  expect(args).toEqual(['reassign', 'web', '--port', 'main', '--to', '8080', '--allow-outside-policy']);
  expect((await vports(args)).stdout).toBe('8080');
});

test('nothing is said to match where no document was read, and kinds that may have ports are named', async () => {
  const { vports } = await repository({ 'main.tf': 'resource "x" "y" {\n  port = 8080\n}\n' });
  const run = await vports(['ci']);
  expect([run.status, run.stdout]).toEqual([0, 'nothing to compare']);
  expect(run.stderr).toContain('not read, although they seem to contain ports: .tf 1');
  expect((await vports(['import', '.'])).stderr).toContain('found no files with ports');
});
