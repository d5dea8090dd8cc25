import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { runner } from '../support/program.js';

const SERVICE = `{
  "service": {
    "name": "file-tools"
  },
  "ports": {
    "api": {
      "env_var": "API_PORT",
      "range": "15000-19999",
      "description": "Main API port"
    },
    "ui": {
      "env_var": "UI_PORT",
      "range": "35000-39999"
    }
  }
}
`;

async function service(text = SERVICE, place = '.vrooli/service.json') {
  const home = temporaryFolder();
  const cwd = join(home, 'service');
  mkdirSync(cwd);
  const file = put(join(cwd, place), text);
  const vports = runner(home, { cwd, env: { VPORTS_HOST_LOG: join(home, 'log.git') } });
  return {
    home,
    cwd,
    file,
    vports,
    read: () => readFileSync(file, 'utf8'),
    readme: () => readFileSync(join(cwd, 'README.md'), 'utf8'),
  };
}

test("allocate takes the port names from service.json and writes the ports into it, and the README's block", async () => {
  const { vports, read, readme, cwd, file } = await service();
  const run = await vports(['allocate', 'file-tools', '--json']);
  const answer = JSON.parse(run.stdout);
  expect(answer.ports).toMatchObject({
    api: { port: 30000, env: 'API_PORT' },
    ui: { port: 35000, env: 'UI_PORT' },
  });
  expect(answer.documents).toEqual([file, join(cwd, 'README.md')]);
  expect(answer.warnings).toContainEqual(
    expect.objectContaining({ code: 'OUT_OF_RANGE', message: expect.stringContaining('15000-19999') }),
  );
  expect(read()).toBe(
    SERVICE.replace('      "description"', '      "port": 30000,\n      "description"').replace(
      '      "range": "35000',
      '      "port": 35000,\n      "range": "35000',
    ),
  );
  expect(readme()).toBe(`<!-- vports:start -->
| Name | Port | Protocol | Variable | URL |
| --- | --- | --- | --- | --- |
| api | 30000 | tcp | \`API_PORT\` | http://localhost:30000 |
| ui | 35000 | tcp | \`UI_PORT\` | http://localhost:35000 |
<!-- vports:end -->
`);
});

test('documents follow a move and a release', async () => {
  const { vports, read, readme } = await service();
  await vports(['allocate', 'file-tools']);
  await vports(['reassign', 'file-tools', '--port', 'ui', '--to', '35007']);
  expect(read()).toContain('"port": 35007');
  expect(readme()).toContain('| ui | 35007 |');
  await vports(['release', 'file-tools', '--port', 'api']);
  expect(read()).not.toContain('30000');
  expect(read()).toContain('"env_var": "API_PORT"');
  expect(readme()).not.toContain('| api |');
  await vports(['release', 'file-tools']);
  expect(read()).toBe(SERVICE);
  expect(readme()).toContain('No ports.');
});

test('the number in service.json is preferred', async () => {
  const { vports, read } = await service('{"name": "web", "ports": {"main": 25000}}', 'service.json');
  expect((await vports(['allocate', 'web'])).stdout).toBe('25000');
  expect(read()).toBe('{"name": "web", "ports": {"main": 25000}}');
});

test('the number in service.json that another holds is said, and replaced', async () => {
  const { vports, read } = await service('{"name": "web", "ports": {"main": 25000}}', 'service.json');
  await vports(['register', 'grafana', '25000', '--no-docs']);
  const run = await vports(['allocate', 'web']);
  expect(run.stdout).toBe('30000');
  expect(run.stderr).toMatch(
    /warning: 25000\/tcp is held by grafana.*main gets another port than service.json asked for/,
  );
  expect(read()).toBe('{"name": "web", "ports": {"main": 30000}}');
});

test('a dynamic service.json means a lease, and is read, never written', async () => {
  const text =
    '{"name": "web", "ports": {"main": "${DYNAMIC_PORT:-40000}"}, "port_allocation": {"strategy": "dynamic", "range_start": 40000, "range_end": 40099}}';
  const { vports, read } = await service(text, 'service.json');
  const answer = JSON.parse((await vports(['allocate', 'web', '--json'])).stdout);
  expect(answer).toMatchObject({
    ports: { main: { port: 40000, env: 'DYNAMIC_PORT', lease: expect.any(String) } },
    documents: [],
  });
  const second = JSON.parse((await vports(['allocate', 'web@two', '--dir', '.', '--json'])).stdout);
  expect(second.ports.main.port).toBeGreaterThan(40000);
  expect(second.ports.main.port).toBeLessThan(40100);
  expect(read()).toBe(text);
});

test.each([
  ['--no-docs', ['--no-docs']],
  ['--dry-run', ['--dry-run']],
])('%s leaves the documents alone', async (_, flags) => {
  const { vports, read, cwd } = await service();
  await vports(['allocate', 'file-tools', ...flags]);
  expect(read()).toBe(SERVICE);
  expect(() => statSync(join(cwd, 'README.md'))).toThrow();
});

test("another resource's folder is left alone, unless --dir names it", async () => {
  const { vports, read, home, cwd } = await service();
  await vports(['allocate', 'other']);
  expect(read()).toBe(SERVICE);
  await vports(['allocate', 'file-tools', '--dir', cwd], { cwd: home });
  expect(read()).toContain('"port": 30001');
});

test('docs brings documents back in line, and --check only tells', async () => {
  const { vports, read, file } = await service();
  await vports(['allocate', 'file-tools', '--port', 'api', '--no-docs']);
  const check = await vports(['docs', '--check']);
  expect(check).toMatchObject({ status: 1, stdout: file });
  expect(read()).toBe(SERVICE);
  expect(await vports(['docs'])).toMatchObject({ status: 0 });
  expect(read()).toContain('"port": 30000');
  expect(await vports(['docs', '--check'])).toMatchObject({ status: 0, stdout: '' });
});

test('a file keeps its permissions, and a link stays a link', async () => {
  const { vports, cwd, file } = await service();
  const real = put(join(cwd, 'config/real.json'), SERVICE);
  chmodSync(real, 0o640);
  rmSync(file);
  symlinkSync(real, file);
  await vports(['allocate', 'file-tools']);
  expect(readFileSync(real, 'utf8')).toContain('"port": 30000');
  expect(statSync(real).mode & 0o777).toBe(0o640);
  expect(statSync(join(cwd, 'README.md')).isFile()).toBe(true);
});

test('what cannot be written is a warning: the registry has it', async () => {
  const { vports, cwd } = await service();
  mkdirSync(join(cwd, 'README.md'));
  const run = await vports(['allocate', 'file-tools', '--json']);
  expect(run.status).toBe(0);
  expect(JSON.parse(run.stdout).warnings).toContainEqual(
    expect.objectContaining({ code: 'DOCUMENT_NOT_WRITTEN' }),
  );
});

test('a file that is not UTF-8 is left byte for byte', async () => {
  const { vports, cwd } = await service();
  const bytes = Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]);
  put(join(cwd, 'README.md'), bytes);
  const run = await vports(['allocate', 'file-tools', '--json']);
  expect(JSON.parse(run.stdout).warnings).toContainEqual(
    expect.objectContaining({ code: 'DOCUMENT_NOT_WRITTEN', message: expect.stringContaining('UTF-8') }),
  );
  expect(readFileSync(join(cwd, 'README.md')).equals(bytes)).toBe(true);
});

test('what the user writes while a command waits is kept', async () => {
  const { vports, file, home, read } = await service();
  await vports(['allocate', 'other', '--no-docs']);
  const lock = put(join(home, 'log.git/refs/heads/main.lock'), '');
  const waiting = vports(['allocate', 'file-tools']);
  while (!existsSync(join(home, 'log.git/vports/locks/refs%2Fheads%2Fmain'))) await pause(5);
  put(file, SERVICE.replace('Main API port', 'edited meanwhile'));
  rmSync(lock);
  expect((await waiting).status).toBe(0);
  expect(read()).toContain('edited meanwhile');
  expect(read()).toMatch(/"port": 3\d{4}/);
});

test('a file of two names stays one file', async () => {
  const { vports, file, read, home } = await service();
  linkSync(file, join(home, 'second.json'));
  await vports(['allocate', 'file-tools']);
  expect(read()).toContain('"port": ');
  expect(readFileSync(join(home, 'second.json'), 'utf8')).toBe(read());
});

test.runIf(process.getuid?.() === 0)("a document stays its owner's, whoever runs the command", async () => {
  const { vports, file } = await service();
  chownSync(file, 65534, 65534);
  await vports(['allocate', 'file-tools']);
  expect(statSync(file)).toMatchObject({ uid: 65534, gid: 65534 });
  expect(readFileSync(file, 'utf8')).toContain('"port": ');
});

test('env and compose files follow: variables everywhere, bare numbers where a port has moved, and no other byte', async () => {
  const { vports, cwd } = await service();
  const env = (api: number) => `# ports\r\nAPI_PORT=${api}\r\nDB_PORT=5432\r\nUI_PORT='1'`;
  const file = put(join(cwd, '.env'), env(1));
  const composeText = (api: number, bare: number) =>
    `services:\n  api:\n    ports:\n      - "\${API_PORT:-${api}}:8080" # \${API_PORT:-${api}}\n      - '${bare}:8080'\n      - 9999:1\n    environment: { API_PORT: 8080 }\n    healthcheck:\n      test: curl localhost:\${API_PORT:-${api}}\n`;
  const compose = put(join(cwd, 'compose.yaml'), composeText(1, 36101));
  const broken = put(join(cwd, 'compose.dev.yaml'), 'services: [\n');
  const run = await vports(['allocate', 'file-tools', '--port', 'api=36101', '--json']);
  expect(JSON.parse(run.stdout).documents).toEqual(expect.arrayContaining([file, compose]));
  expect(readFileSync(file, 'utf8')).toBe(env(36101));
  expect(readFileSync(compose, 'utf8')).toBe(composeText(36101, 36101));
  const move = ['reassign', 'file-tools', '--port', 'api', '--to', '36102', '--json'];
  expect(JSON.parse((await vports(move)).stdout).warnings).toContainEqual(
    expect.objectContaining({
      code: 'DOCUMENT_NOT_WRITTEN',
      message: expect.stringContaining('compose.dev.yaml'),
    }),
  );
  expect(readFileSync(file, 'utf8')).toBe(env(36102));
  expect(readFileSync(compose, 'utf8')).toBe(composeText(36102, 36102));
  rmSync(broken);
  expect((await vports(['docs', '--check'])).status).toBe(0);
  put(file, env(1));
  expect((await vports(['docs', '--check'])).stdout).toBe(file);
  expect((await vports(['docs'])).status).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(env(36102));
});
