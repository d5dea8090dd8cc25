import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { runner } from '../support/program.js';

test('env knows the variables of service.json, the ports inside from the compose file, and what it is told', async () => {
  const home = temporaryFolder();
  const cwd = join(home, 'web');
  put(join(cwd, 'service.json'), '{"name": "web", "ports": {"api": {"env_var": "API_PORT"}, "main": 30005}}');
  put(join(cwd, 'compose.yaml'), 'services:\n  web:\n    ports: ["${API_PORT:-1}:8080"]\n');
  const vports = runner(home, { cwd });
  await vports(['allocate', 'web', '--range', '30000-30099']);
  const env = JSON.parse((await vports(['env', 'web', '--json'])).stdout).env;
  expect(env).toEqual({ API_PORT: expect.stringMatching(/^300\d\d$/), WEB_PORT: '30005' });
  expect((await vports(['env', 'web'])).stdout.split('\n').sort()).toEqual([
    `export API_PORT="\${API_PORT:-${env.API_PORT}}"`,
    'export WEB_PORT="${WEB_PORT:-30005}"',
  ]);
  const compose = (await vports(['env', 'web', '--format', 'compose', '--container', '9000'])).stdout;
  expect(compose).toContain(`"\${API_PORT:-${env.API_PORT}}:8080"`);
  expect(compose).toContain('"${WEB_PORT:-30005}:9000"');
  expect(compose).toContain('PORT: "9000"');
  expect((await vports(['env', 'web', '--format', 'compose', '--container', 'x=1', '--json'])).status).toBe(
    1,
  );
  expect((await vports(['env', 'web', '--format', 'compose', '--container', '99999', '--json'])).status).toBe(
    2,
  );
  expect((await vports(['env', 'nobody'])).status).toBe(1);
});

test('env --format caddy and nginx name all that is held here, and url --name says the same', async () => {
  const home = temporaryFolder();
  const vports = runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git') } });
  await vports(['allocate', 'shop', '--port', '30100', '--port', 'dns=30101/udp']);
  await vports(['allocate', 'shop@login', '--port', '30102']);
  const { hosts } = JSON.parse((await vports(['env', '--format', 'caddy', '--json'])).stdout);
  expect(hosts.map(({ url, port }: { url: string; port: number }) => [url, port])).toEqual([
    ['http://shop.localhost:8080', 30100],
    ['http://login.shop.localhost:8080', 30102],
  ]);
  const caddy = (await vports(['env', '--format', 'caddy', '--tls', 'shop@login'])).stdout;
  expect(caddy).toMatch(
    /^https:\/\/login\.shop\.localhost:8443 \{\n.*\n\ttls internal\n\treverse_proxy localhost:30102$/m,
  );
  expect(caddy).not.toContain('30100');
  const nginx = (await vports(['env', '--format', 'nginx', '--proxy-port', '80'])).stdout;
  expect(nginx).toMatch(/server_name shop\.localhost;\n.*\n {4}proxy_pass http:\/\/localhost:30100;/);
  const url = async (...words: string[]) => (await vports(['url', 'shop@login', ...words])).stdout;
  expect(await url('--name')).toBe('http://login.shop.localhost:8080');
  expect(await url('--name', '--tls', '--proxy-port', '443')).toBe('https://login.shop.localhost');
  for (const words of ['env --tls', 'url --tls', 'env --format nginx --tls', 'env --format caddy --write x'])
    expect([words, (await vports(words.split(' '))).status]).toEqual([words, 2]);
});

test('env --env, --urls and --slug tell a program more, as run does', async () => {
  const home = temporaryFolder();
  const vports = runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git') } });
  await vports(['allocate', 'shop', '--port', '30100']);
  await vports(['allocate', 'db', '--port', 'sql=30101']);
  const words = ['shop', 'db', '--env', 'WEB=main', '--env', 'DATABASE=db/sql', '--urls', '--slug'];
  expect(JSON.parse((await vports(['env', ...words, '--json'])).stdout).env).toEqual({
    SHOP_PORT: '30100',
    SHOP_URL: 'http://localhost:30100',
    WEB: '30100',
    WEB_URL: 'http://localhost:30100',
    DB_SQL_PORT: '30101',
    DB_SQL_URL: 'http://localhost:30101',
    DATABASE: '30101',
    DATABASE_URL: 'http://localhost:30101',
    VPORTS_SLUG: 'shop',
  });
  expect((await vports(['env', 'shop', '--env', 'X=none'])).stderr).toContain(
    'shop has no port "none" for X',
  );
  expect((await vports(['env', 'shop', '--format', 'compose', '--urls'])).status).toBe(2);
  expect((await vports(['exec', 'shop@Log-in.2', '--', 'true'])).status).toBe(125);
  expect((await vports(['exec', 'shop@log-in.2', '--', 'sh', '-c', 'echo $VPORTS_SLUG'])).stdout).toBe(
    'shop_log_in_2',
  );
});
