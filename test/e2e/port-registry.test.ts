import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { ADA, leased } from '../support/given.js';
import { runner } from '../support/program.js';
import { newRegistry, openLog, placeRegistry } from '../support/registries.js';

/** Functions as shell scripts have them that were written for a port-registry.sh: nothing of vports is in them. */
const FUNCTIONS = `
set -euo pipefail
PORT_REGISTRY="\${PORT_REGISTRY:-./port-registry.sh}"

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

allocate_port() {
  local resource="$1" start="$2" end="$3" port status
  for ((port = start; port <= end; port++)); do
    status=$("$PORT_REGISTRY" check "$port")
    [[ "$status" == "available" ]] || continue
    port_in_use "$port" && continue
    if "$PORT_REGISTRY" register "$resource" "$port" >/dev/null 2>&1; then
      echo "$port"
      return 0
    fi
  done
  echo "no free port in $start-$end" >&2
  return 1
}

validate_port() {
  local resource="$1" port="$2" holder
  holder=$("$PORT_REGISTRY" check "$port")
  [[ "$holder" == "available" || "$holder" == "$resource" ]] || { echo "port $port belongs to $holder"; return 1; }
}
`;

async function machine() {
  const home = temporaryFolder();
  const registry = await newRegistry({ bare: true });
  const env = { VPORTS_REGISTRY: registry, VPORTS_HOST_LOG: join(home, 'host.git') };
  const run = async (script: string) => {
    const file = put(join(home, `${Math.random()}.sh`), `${FUNCTIONS}\n${script}\n`);
    const options = {
      cwd: home,
      env: {
        ...env,
        HOME: home,
        PATH: process.env.PATH,
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        PORT_REGISTRY: resolve('dist/port-registry.cjs'),
      },
    };
    try {
      return { status: 0, stdout: (await promisify(execFile)('bash', [file], options)).stdout.trimEnd() };
    } catch (error) {
      const { code, stdout } = error as { code: number; stdout: string };
      return { status: code, stdout: stdout.trimEnd() };
    }
  };
  return { home, registry, run, vports: runner(home, { env }) };
}

test('shell functions for a port-registry.sh find, take, check and give back ports', {
  tags: ['slow'],
}, async () => {
  const { run, vports } = await machine();
  const server = createServer().listen(23710, '127.0.0.1');
  onTestFinished(() => void server.close());
  const script = `
    allocate_port grafana 23710 23720
    allocate_port grafana 23710 23720
    allocate_port loki 23710 23720
    validate_port grafana 23711 && echo own
    validate_port loki 23711 || echo "exit $?"
    "$PORT_REGISTRY" list | grep -c grafana
    "$PORT_REGISTRY" release grafana 23712
    "$PORT_REGISTRY" release grafana
    "$PORT_REGISTRY" check 23711`;
  expect((await run(script)).stdout.split('\n')).toEqual([
    '23711',
    '23712',
    '23713',
    'own',
    'port 23711 belongs to grafana',
    'exit 1',
    '2',
    '23712',
    '23711',
    'available',
  ]);
  expect((await vports(['show', 'loki'])).stdout).toBe('main=23713');
  expect((await vports(['verify'])).status).toBe(0);
});

test('four scripts at once get four ports', { tags: ['slow'], timeout: 120_000 }, async () => {
  const { run, registry } = await machine();
  const runs = await Promise.all(
    [1, 2, 3, 4].map((number) => run(`allocate_port svc-${number} 26000 26010`)),
  );
  expect(runs.map(({ stdout }) => stdout).sort()).toEqual(['26000', '26001', '26002', '26003']);
  git(registry, 'fsck', '--strict');
});

test('register is an allocation in every respect: of the host, the policy and what another holds', async () => {
  const { run, vports } = await machine();
  const server = createServer().listen(23730, '127.0.0.1');
  onTestFinished(() => void server.close());
  await vports(['allocate', 'other', '--port', '23731']);
  const script = (port: number | string) => `"$PORT_REGISTRY" register web ${port}`;
  expect(await run(script(23730))).toEqual({ status: 1, stdout: '' });
  expect(await run(script(23731))).toEqual({ status: 1, stdout: '' });
  expect(await run(script(8080))).toEqual({ status: 1, stdout: '' });
  expect(await run(script(15000))).toEqual({ status: 2, stdout: '' });
  expect(await run(script('web'))).toEqual({ status: 2, stdout: '' });
  expect(await run(script(23732))).toEqual({ status: 0, stdout: '23732' });
  expect(await run(script(23732))).toEqual({ status: 0, stdout: '23732' });
  expect(await run(script('23732/udp'))).toEqual({ status: 0, stdout: '23732' });
  expect((await vports(['show', 'web'])).stdout).toBe('main=23732\np23732=23732');
});

test('reconcile and cleanup-dynamic act', async () => {
  const { run, vports, home } = await machine();
  const path = join(home, 'host.git');
  await placeRegistry(path, { bare: true });
  const log = openLog(path);
  const yesterday = Date.now() - 86_400_000;
  await log.state();
  const events = [leased(48871, 'silent', yesterday)];
  await log.exclusively(() => log.append({ events, by: ADA, at: yesterday }));
  await log.close();
  put(join(home, 'web/service.json'), '{ "name": "web", "ports": { "api": 25987 } }');
  const script = `
    "$PORT_REGISTRY" cleanup-dynamic
    # What other tests listen on is drift that it tells and leaves: exit 1.
    (cd web && { "$PORT_REGISTRY" reconcile >/dev/null || true; }; "$PORT_REGISTRY" check 25987)
    "$PORT_REGISTRY" check 48871`;
  expect((await run(script)).stdout.split('\n')).toEqual([
    expect.stringMatching(/^released 48871\/tcp silent/),
    'web',
    'available',
  ]);
  expect((await vports(['verify'])).status).toBe(0);
});

test("a resource's own program asks for its ports by RESOURCE_NAME, --resource or service.json", async () => {
  const { vports, home } = await machine();
  put(join(home, 'web/service.json'), '{ "name": "web", "ports": { "api": 25300, "ui": 25301 } }');
  await vports(['allocate', 'web', '--dir', 'web']);
  await vports(['allocate', 'db', '--port', '25302']);
  const inWeb = { cwd: join(home, 'web') };
  expect((await vports(['port', 'show'], inWeb)).stdout).toBe('api=25300\nui=25301');
  const named = { env: { RESOURCE_NAME: 'db' } };
  expect((await vports(['port', 'show'], named)).stdout).toBe('main=25302');
  expect((await vports(['port', 'show', '--resource', 'web'], named)).stdout).toBe('api=25300\nui=25301');
  expect(await vports(['port', 'check'], inWeb)).toMatchObject({ status: 0 });
  expect(await vports(['port', 'check', '25302'], inWeb)).toMatchObject({ status: 1, stdout: 'db' });
  expect(await vports(['port', 'check', '25302'], named)).toMatchObject({ status: 0, stdout: 'db' });
  expect((await vports(['port', 'release'], named)).stdout).toBe('25302');
  expect((await vports(['port', 'release'], inWeb)).stdout).toBe('25300\n25301');
  const nobody = await vports(['port', 'show', '--json']);
  expect([nobody.status, JSON.parse(nobody.stdout).error.code]).toEqual([2, 'BAD_USAGE']);
});
