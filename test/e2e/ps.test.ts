import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { child, until } from '../support/children.js';
import { temporaryFolder } from '../support/folders.js';
import { runner } from '../support/program.js';

const server = (port: number) => `require('net').createServer().listen(${port}, '127.0.0.1')`;

/** A machine with a claim and a lease, and a server on the claim's port. */
async function machine() {
  const home = temporaryFolder();
  const env = { VPORTS_HOST_LOG: join(home, 'host.git') };
  const vports = runner(home, { env });
  const running = async (...flags: string[]) =>
    JSON.parse((await vports(['ps', '--json', ...flags])).stdout) as {
      running: { port: number; resource: string | null }[];
      warnings: object[];
    };
  await vports(['register', 'shop', 'web=27561', 'admin=27562']);
  const { pid } = child('node', ['-e', server(27561)], { cwd: home });
  await until(async () => (await running()).running.length > 0);
  return { home, env, vports, running, pid };
}

test('shows what listens on ports that are held, with its process, folder and URL', async () => {
  const { home, vports, running, pid } = await machine();
  expect(await running()).toMatchObject({
    running: [
      { port: 27561, resource: 'shop', name: 'web', folder: home, pid, url: 'http://localhost:27561' },
    ],
    warnings: [],
  });
  const { stdout } = await vports(['ps']);
  expect(stdout).toMatch(/^URL +RESOURCE +PROCESS/);
  expect(stdout).toMatch(/^http:\/\/localhost:27561 +shop \(web\) +node -e require.*\(pid \d+/m);
});

test('--all shows what listens on ports that nobody holds too', async () => {
  const { running } = await machine();
  child('node', ['-e', server(27569)]);
  await until(async () => (await running('--all')).running.some((it) => it.port === 27569));
  expect((await running('--all')).running).toContainEqual(
    expect.objectContaining({ port: 27569, resource: null }),
  );
  expect((await running()).running.map(({ port }) => port)).toEqual([27561]);
});

test('warns of what is known to run for another resource', async () => {
  const { vports, running } = await machine();
  child('node', ['-e', server(27562)], { env: { ...process.env, VPORTS_RESOURCE: 'other' } });
  await until(async () => (await running()).running.length > 1);
  expect((await running()).warnings).toMatchObject([{ code: 'NOT_THE_HOLDER' }]);
  expect((await vports(['ps'])).stderr).toMatch(/^warning: 27562\/tcp is held by shop, but used by process/);
});

test('says so where nothing listens', async () => {
  const run = await runner(temporaryFolder())(['ps']);
  expect(run).toMatchObject({ status: 0, stdout: '', stderr: 'nothing is listening on a held port' });
});

test('--watch prints anew what has changed, until it is ended', { tags: ['slow'] }, async () => {
  const { home, env } = await machine();
  const all = { PATH: process.env.PATH, HOME: home, ...env };
  const watch = spawn(process.execPath, [resolve('dist/vports.cjs'), 'ps', '--watch'], { env: all });
  onTestFinished(() => void watch.kill('SIGKILL'));
  let text = '';
  watch.stdout.on('data', (it) => {
    text += it;
  });
  await until(() => text.includes('27561'));
  child('node', ['-e', server(27562)]);
  await until(() => text.includes('27562'));
  expect(text.match(/^URL/gm)).toHaveLength(2);
  watch.kill('SIGINT');
  expect(await once(watch, 'close')).toEqual([null, 'SIGINT']);
});
