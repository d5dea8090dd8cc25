import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { child, isListedAs, listenScript, running, serve, until } from '../support/children.js';
import { container, dockerEngine } from '../support/docker-engine.js';
import { put, temporaryFolder } from '../support/folders.js';
import { testAsRoot } from '../support/other-users.js';
import { runner } from '../support/program.js';

function machine(env: Record<string, string> = {}) {
  const home = temporaryFolder();
  return { home, vports: runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git'), ...env } }) };
}

describe('a listener that is not the holder', () => {
  test.each<[string, (home: string) => Parameters<typeof serve>[1], RegExp]>([
    [
      'by the environment that exec gave it',
      () => ({ env: { ...process.env, VPORTS_RESOURCE: 'grafana' } }),
      /its environment says VPORTS_RESOURCE=grafana/,
    ],
    [
      'by the service.json of the folder it runs in',
      (home) => {
        put(join(home, 'grafana/.vrooli/service.json'), '{"service": {"name": "grafana"}}');
        put(join(home, 'grafana/api/main.js'), '');
        return { cwd: join(home, 'grafana/api') };
      },
      /it runs in .*grafana\/api, and .*grafana\/\.vrooli\/service\.json names it/,
    ],
  ])('is said, %s', async (_, options, evidence) => {
    const { home, vports } = machine();
    const port = 26101;
    await vports(['allocate', 'web', '--port', String(port)]);
    await vports(['allocate', 'grafana']);
    const server = await serve(port, options(home));

    const checked = await vports(['check', String(port), '--for', 'web', '--json']);
    expect(checked.status).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject({
      verdict: 'allocated',
      available: false,
      holder: { resource: 'web' },
      listeners: [{ pid: server.pid, resource: 'grafana' }],
      warnings: expect.arrayContaining([
        expect.objectContaining({ message: expect.stringMatching(evidence) }),
      ]),
    });
    expect(checked.stderr).toBe('');
    expect((await vports(['who', String(port)])).stderr).toMatch(evidence);

    const again = await vports(['allocate', 'web', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({
      ports: { main: { port, created: false } },
      warnings: [{ code: 'PORT_IN_USE', message: expect.stringMatching(evidence) }],
    });
    const strict = await vports(['allocate', 'web', '--strict', '--json']);
    expect(strict.status).toBe(1);
    expect(JSON.parse(strict.stdout).error.code).toBe('PORT_IN_USE');
  });

  test('is said of a program on ::1 beside one’s own server on 127.0.0.1', async () => {
    const { vports } = machine();
    const port = 26108;
    await vports(['allocate', 'web', '--port', String(port)]);
    const own = await serve(port, { env: { ...process.env, VPORTS_RESOURCE: 'web' } });
    expect((await vports(['check', String(port), '--for', 'web'])).status).toBe(0);
    const other = await running(listenScript(port, '::1'));
    const checked = await vports(['check', String(port), '--for', 'web', '--json']);
    expect([checked.status, JSON.parse(checked.stdout)]).toMatchObject([
      1,
      {
        available: false,
        warnings: [
          {
            code: 'NOT_THE_HOLDER',
            message: expect.stringContaining(`process ${other.pid} uses it too, on ::1: process ${own.pid}`),
          },
        ],
      },
    ]);
  });

  test('is not said of the holder itself, nor of an instance, nor where it cannot be told', async () => {
    const { home, vports } = machine();
    put(join(home, 'web/service.json'), '{"name": "web"}');
    await vports(['allocate', 'web@two', '--port', '26102']);
    for (const options of [
      { cwd: join(home, 'web') },
      { env: { ...process.env, VPORTS_RESOURCE: 'web@two' } },
      {},
    ]) {
      const server = await serve(26102, options);
      const run = await vports(['check', '26102', '--for', 'web@two']);
      expect([run.status, run.stdout]).toEqual([0, 'web@two']);
      expect(run.stderr).not.toContain('NOT_THE_HOLDER');
      server.kill('SIGKILL');
      await until(async () => server.signalCode !== null);
    }
  });
});

testAsRoot("another user's process is told by its user, and what cannot be seen is not guessed", async () => {
  const { home } = machine();
  const other = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  child('setpriv', [...other, process.execPath, '-e', listenScript(26103)]);
  await until(() => isListedAs({ port: 26103, protocol: 'tcp' }));
  // Without that capability root may look into its own processes only, as any other user.
  const run = promisify(execFile)(
    'setpriv',
    ['--bounding-set=-sys_ptrace', process.execPath, resolve('dist/vports.cjs'), 'who', '26103', '--json'],
    { env: { PATH: process.env.PATH, HOME: home } },
  );
  expect(JSON.parse((await run).stdout).listeners).toMatchObject([
    { address: '127.0.0.1', pid: null, process: null, user: 'nobody', resource: null },
  ]);
});

test('a port that a container publishes is the container, and is not granted', async () => {
  const socket = await dockerEngine([container('web-1', [26104, 80])]);
  const { vports } = machine({ DOCKER_HOST: `unix://${socket}` });
  const checked = await vports(['check', '26104']);
  expect(checked.stdout).toMatch(/^in use by .*nginx.* \(container web-1\) on 0\.0\.0\.0$/);
  const granted = await vports(['allocate', 'x', '--port', '26104', '--json']);
  expect(JSON.parse(granted.stdout).ports.main.port).not.toBe(26104);
  expect(JSON.parse(granted.stdout).warnings).toContainEqual(
    expect.objectContaining({ code: 'PORT_IN_USE' }),
  );
});
