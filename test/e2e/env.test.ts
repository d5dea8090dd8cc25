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
