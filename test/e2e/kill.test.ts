import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownIdentity } from '../../src/process/identity.js';
import { Registry } from '../../src/registry/registry.js';
import { child, isListedAs, listenScript, running, serve, until } from '../support/children.js';
import { container, dockerEngine } from '../support/docker-engine.js';
import { put, temporaryFolder } from '../support/folders.js';
import { ADA, leased } from '../support/given.js';
import { testWith } from '../support/needs.js';
import { testAsRoot } from '../support/other-users.js';
import { runner } from '../support/program.js';
import { openLog, placeRegistry } from '../support/registries.js';
import { Terminal } from '../support/terminal.js';

function machine(env: Record<string, string> = {}) {
  const home = temporaryFolder();
  const log = join(home, 'host.git');
  return { home, log, vports: runner(home, { env: { VPORTS_HOST_LOG: log, ...env } }) };
}

/** A host log with one lease on a port, of a process that is told. */
async function leaseTo(
  path: string,
  port: number,
  owner: object | undefined,
  expires: number,
): Promise<void> {
  await placeRegistry(path, { bare: true });
  const log = openLog(path);
  await log.state();
  const lease = { expires: new Date(expires).toISOString(), ...(owner && { owner }) };
  await log.exclusively(() =>
    log.append({ events: [leased(port, 'e2e', expires, { lease })], by: ADA, at: Date.now() - 60_000 }),
  );
  await log.close();
}

const listening = (port: number) => isListedAs({ port, protocol: 'tcp' });

describe('an orphan is ended', () => {
  test('on a port that nobody holds', async () => {
    const { vports } = machine();
    const server = await serve(26301);
    const run = await vports(['kill', '26301', '-y', '--json']);
    expect(run.status).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      port: 26301,
      protocol: 'tcp',
      ended: [{ pid: server.pid, address: '127.0.0.1' }],
    });
    await until(() => server.signalCode);
    expect(server.signalCode).toBe('SIGTERM');
  });

  test('by SIGKILL where it does not heed SIGTERM', { tags: ['slow'] }, async () => {
    const { vports } = machine();
    const script =
      "process.on('SIGTERM', () => console.log('no')); require('net').createServer().listen(26302, '127.0.0.1', () => console.log('listening'))";
    const server = child(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout!, 'data');
    expect((await vports(['kill', '26302', '-y'])).status).toBe(0);
    await until(() => server.signalCode);
    expect(server.signalCode).toBe('SIGKILL');
  });

  test('and so are the children that go on listening on its socket', async () => {
    const { vports } = machine();
    const script = `const { spawn } = require('child_process');
const server = require('net').createServer().listen(26303, '127.0.0.1', () => {
  const stdio = ['ignore', 'ignore', 'ignore', server._handle.fd];
  const idle = () => spawn(process.execPath, ['-e', 'setTimeout(() => {}, 600_000)'], { stdio });
  Promise.all([idle(), idle(), idle()].map((it) => require('events').once(it, 'spawn'))).then(() => console.log('listening'));
});`;
    await running(script);
    const { ended } = JSON.parse((await vports(['kill', '26303', '-y', '--json'])).stdout);
    expect(ended).toHaveLength(4);
    expect(await listening(26303)).toBe(false);
  });

  test('on a held port, where it is known to run for another', async () => {
    const { vports } = machine();
    await vports(['allocate', 'web', '--port', '26304']);
    const stranger = await serve(26304, { env: { ...process.env, VPORTS_RESOURCE: 'grafana' } });
    expect((await vports(['kill', '26304', '-y'])).status).toBe(0);
    await until(() => stranger.signalCode);
  });

  test.each<[string, object | undefined, number]>([
    ['whose owner is dead', { ...ownIdentity(), started: '1' }, 3_600_000],
    ['that is past its end', undefined, -1_000],
  ])('on a lease %s', async (_, owner, ttl) => {
    const { vports, log } = machine();
    await leaseTo(log, 48921, owner, Date.now() + ttl);
    const server = await serve(48921);
    expect((await vports(['kill', '48921', '-y'])).status).toBe(0);
    await until(() => server.signalCode);
  });
});

describe('nothing else is', () => {
  test('a listener on a port that is held, or leased to a process that runs', async () => {
    const { vports, log } = machine();
    await leaseTo(log, 48922, ownIdentity(), Date.now() + 3_600_000);
    await vports(['allocate', 'web', '--port', '26305']);
    for (const [port, holder] of [
      [48922, 'leased by e2e'],
      [26305, 'held by web'],
    ] as const) {
      const server = await serve(port);
      const run = await vports(['kill', String(port), '-y']);
      expect([run.status, run.stdout]).toEqual([1, '']);
      expect(run.stderr).toMatch(new RegExp(`refusing to kill .*: ${port}/tcp is ${holder}`));
      expect(server.signalCode).toBeNull();
    }
  });

  test('where nothing listens: exit 1', async () => {
    const run = await machine().vports(['kill', '26306', '-y']);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/nothing listens on 26306\/tcp/);
  });

  test('a client that merely talks from that port', async () => {
    const { vports } = machine();
    await serve(26307);
    const client = connect(26307, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    const run = await vports(['kill', String(client.localPort), '-y']);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`process ${process.pid} uses it as the local end of a connection`));
  });

  testWith('script')('without a yes: not a terminal, or another answer', async () => {
    const { vports, home, log } = machine();
    const server = await serve(26308);
    expect((await vports(['kill', '26308'])).status).toBe(2);
    const terminal = async (answer: string) => {
      const run = Terminal.startVports('kill 26308', {
        cwd: home,
        env: { HOME: home, VPORTS_HOST_LOG: log },
      });
      await run.answer('[y/N]', answer);
      return run.ended();
    };
    expect(await terminal('n\n')).toBe(1);
    expect(await terminal('\u0003')).toBe(130);
    expect(server.signalCode).toBeNull();
    expect(await terminal('y\n')).toBe(0);
    await until(() => server.signalCode);
  });

  test('a container', async () => {
    const socket = await dockerEngine([container('web-1', [26309, 80])]);
    const { vports } = machine({ DOCKER_HOST: `unix://${socket}` });
    const run = await vports(['kill', '26309', '-y']);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/: it runs in container web-1\n {2}docker stop web-1/);
  });

  test('a container engine, or what a supervisor looks after', async () => {
    const { vports, home } = machine();
    symlinkSync(process.execPath, join(home, 'dockerd'));
    child(join(home, 'dockerd'), ['-e', listenScript(26310)]);
    symlinkSync('/bin/sh', join(home, 'supervisord'));
    const server = put(join(home, 'server.cjs'), listenScript(26311));
    child(join(home, 'supervisord'), ['-c', `sh -c "'${process.execPath}' '${server}'; true" & wait`]);
    await until(async () => (await listening(26310)) && (await listening(26311)));
    expect((await vports(['kill', '26310', '-y'])).stderr).toMatch(/dockerd is a container engine/);
    expect((await vports(['kill', '26311', '-y'])).stderr).toMatch(/supervisord \(pid \d+\) supervises it/);
    expect((await listening(26310)) && (await listening(26311))).toBe(true);
    const { pid } = JSON.parse((await vports(['who', '26311', '--json'])).stdout).listeners[0];
    process.kill(pid);
  });

  testAsRoot("another user's process, even for root", async () => {
    const { vports } = machine();
    const other = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    child('setpriv', [...other, process.execPath, '-e', listenScript(26312)]);
    await until(() => listening(26312));
    expect((await vports(['kill', '26312', '-y'])).stderr).toMatch(/it belongs to nobody/);
    expect(await listening(26312)).toBe(true);
  });

  test('a holder whose folder is of another by its service.json: that is no proof', async () => {
    const { vports, home } = machine();
    put(join(home, 'mono/service.json'), '{"name": "platform"}');
    put(join(home, 'mono/web/x'), '');
    await vports(['allocate', 'platform']);
    await vports(['allocate', 'web', '--port', '26314']);
    const server = await serve(26314, { cwd: join(home, 'mono/web') });
    expect((await vports(['kill', '26314', '-y'])).status).toBe(1);
    expect((await vports(['check', '26314', '--for', 'web'])).status).toBe(1);
    expect(server.signalCode).toBeNull();
  });

  test('what was put on record while the question stood', async () => {
    const { home, log, vports } = machine();
    await placeRegistry(log, { bare: true });
    const server = await serve(26315);
    const registry = Registry.open({ path: log, cwd: home });
    const killing = registry.kill('26315', async () => {
      expect((await vports(['register', 'rightful', '26315'])).status).toBe(0);
      return true;
    });
    await expect(killing).rejects.toMatchObject({ code: 'CONFLICT' });
    await registry.close();
    expect(server.signalCode).toBeNull();
  });

  test('for good, where another comes for each that ends: exit 1, and said', { tags: ['slow'] }, async () => {
    const { home, log } = machine();
    await placeRegistry(log, { bare: true });
    const script = `const listen = () => require('net').createServer().on('error', () => setTimeout(listen, 5)).listen(26316, '127.0.0.1'); listen(); console.log('waits')`;
    // Two wait for the port whenever one is about to end, so that the next one is there at once however slowly processes start.
    for (let waiting = 0; waiting < 2; waiting++) await running(script);
    await until(() => listening(26316));
    const registry = Registry.open({ path: log, cwd: home });
    const killing = registry.kill('26316', async () => {
      await running(script);
      return true;
    });
    await expect(killing).rejects.toThrow(/but each time another one started/);
    await registry.close();
  });

  test('one that only lets the port go is told as such', { tags: ['slow'] }, async () => {
    const { vports } = machine();
    const script =
      "const s = require('net').createServer().listen(26317, '127.0.0.1', () => console.log('listening')); process.on('SIGTERM', () => s.close()); setInterval(() => {}, 1000)";
    const server = child(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(server.stdout!, 'data');
    const run = await vports(['kill', '26317', '-y', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ ended: [], letGo: [{ pid: server.pid }] });
    expect(server.signalCode).toBeNull();
  });

  test('what has come in the place of the process that was looked at', async () => {
    const { home, log } = machine();
    await placeRegistry(log, { bare: true });
    const first = await serve(26313);
    const registry = Registry.open({ path: log, cwd: home });
    let second: Awaited<ReturnType<typeof serve>> | undefined;
    const looks: (number | null)[][] = [];
    const { ended } = await registry.kill('26313', async (orphans) => {
      looks.push(orphans.map(({ pid }) => pid));
      if (second) return false;
      first.kill('SIGKILL');
      await until(() => first.signalCode);
      second = await serve(26313);
      return true;
    });
    await registry.close();
    expect(ended).toEqual([]);
    expect(second!.signalCode).toBeNull();
    expect(looks).toEqual([[first.pid], [second!.pid]]);
  });
});
