import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/children.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { Terminal } from '../support/terminal.js';

function machine() {
  const home = temporaryFolder();
  const env = { VPORTS_HOST_LOG: join(home, 'host.git') };
  const vports = runner(home, { env });
  const ports = async () =>
    JSON.parse((await vports(['list', '--json'])).stdout).ports as { port: number; resource: string }[];
  return { home, env, vports, ports };
}

/** A server that says on stdout that it listens, and ends when its stdin does or a signal comes. */
const SERVER = `const s = require('net').createServer().listen(process.env.E2E_PORT, '127.0.0.1', () => console.log('listening ' + process.env.E2E_PORT));`;

function start(home: string, env: Record<string, string>, args: string[], server = '') {
  const child = spawn(process.execPath, [resolve('dist/vports.cjs'), 'exec', ...args], {
    cwd: home,
    env: { PATH: process.env.PATH, HOME: home, S: server, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // vports ends what it has started, which a SIGKILL would leave behind on its port.
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const saying = async (text: string) => {
    while (!(stdout + stderr).includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended early: ${stdout}${stderr}`);
      await pause(10);
    }
  };
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  return { child, until: saying, ended, told: () => ({ stdout, stderr }) };
}

describe('exec', () => {
  test('leases a port for the run, puts it into the environment, and releases it at the end', async () => {
    const { home, env, ports, vports } = machine();
    const run = start(home, env, ['e2e', '--', 'node', '-e', SERVER]);
    await run.until('is bound by node');
    const [held] = await ports();
    expect(held).toMatchObject({ resource: 'e2e', lease: expect.any(String) });
    expect(run.told().stdout).toBe(`listening ${held!.port}\n`);
    expect((await vports(['cleanup', '--json'])).stdout).toContain('"released": []');
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual([143, null]);
    expect(await ports()).toEqual([]);
    fsck(join(home, 'host.git'));
  });

  test.each<[string, string[], number]>([
    ['its own code', ['node', '-e', 'process.exit(7)'], 7],
    ['success', ['true'], 0],
    ['128 + n for a signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 for a command that is not there', ['no-such-command-at-all'], 127],
    ['126 for a command that cannot be run', ['/etc/passwd'], 126],
  ])('gives %s, and leaves no lease', async (_, command, status) => {
    const { vports, ports } = machine();
    expect((await vports(['exec', 'e2e', '--', ...command])).status).toBe(status);
    expect(await ports()).toEqual([]);
  });

  test('says why a command never started', async () => {
    const { vports } = machine();
    expect((await vports(['exec', 'e2e', '--', 'no-such\u001b[1m'])).stderr).toContain(
      'error: command not found: "no-such\\u001b[1m"',
    );
    expect((await vports(['exec', 'e2e', '--', '/etc/passwd'])).stderr).toContain(
      'error: cannot execute "/etc/passwd" (EACCES)',
    );
    for (const [command, code] of [
      ['no-such', 'NO_COMMAND'],
      ['/etc/passwd', 'CANNOT_RUN'],
    ] as const)
      expect(JSON.parse((await vports(['exec', 'e2e', '--json', '--', command])).stdout).error.code).toBe(
        code,
      );
  });

  test('fails with 125 of its own, whatever the command would have given', async () => {
    const { vports } = machine();
    expect((await vports(['exec', '../x', '--', 'true'])).status).toBe(125);
    expect((await vports(['exec', 'e2e'])).status).toBe(125);
    expect((await vports(['exec', 'e2e', '--port', '__proto__', '--', 'true'])).status).toBe(125);
  });

  test('passes arguments, options and input through untouched', async () => {
    const { vports } = machine();
    const script = 'process.stdin.on("data", (d) => console.log(process.argv.slice(1).join("|") + d))';
    const run = await vports(
      ['exec', 'e2e', '--', 'node', '-e', script, '--', '--json', '-n', 'a b', '$HOME'],
      { input: 'in' },
    );
    expect(run.stdout).toBe('--json|-n|a b|$HOMEin');
  });

  test('uses what the resource holds, under its own names, and keeps it', async () => {
    const { vports, ports, home } = machine();
    put(
      join(home, 'service.json'),
      '{"name": "web", "ports": {"api": {"env_var": "API_PORT"}, "ui": 35123}}',
    );
    await vports(['allocate', 'web', '--port', 'ui', '--no-docs']);
    const run = await vports([
      'exec',
      'web',
      '--',
      'node',
      '-p',
      'process.env.API_PORT + " " + process.env.WEB_UI_PORT',
    ]);
    expect(run.stdout).toMatch(/^4\d{4} 35123$/);
    expect(run.stderr).toMatch(/the command ended without binding/);
    expect(await ports()).toMatchObject([{ port: 35123, resource: 'web' }]);
  });

  test('stops where a stranger is on the port, names it, and moves where told to', async () => {
    const { vports, ports } = machine();
    await vports(['allocate', 'web', '--port', '27777']);
    const server = createServer().listen(27777, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const failed = await vports(['exec', 'web', '--', 'true']);
    expect(failed.status).toBe(125);
    expect(failed.stderr).toMatch(new RegExp(`error: 27777/tcp of web is occupied by .*pid ${process.pid}`));
    const moved = await vports(['exec', 'web', '--on-conflict', 'move', '--', 'sh', '-c', 'echo $WEB_PORT']);
    expect(moved.stdout).toBe('27000');
    expect(await ports()).toMatchObject([{ port: 27000, resource: 'web' }]);
  });

  test('refuses a second run of one resource, and runs an instance beside it', async () => {
    const { home, env, vports } = machine();
    const first = start(home, env, ['e2e', '--', 'node', '-e', SERVER]);
    await first.until('listening');
    const second = await vports(['exec', 'e2e', '--', 'true']);
    expect(second.status).toBe(125);
    expect(second.stderr).toMatch(/is leased by process \d+, which still runs/);
    const instance = await vports(['exec', 'e2e@two', '--', 'sh', '-c', 'echo $E2E_TWO_PORT']);
    expect(instance.stdout).toMatch(/^4\d{4}$/);
    expect(instance.stdout).not.toBe(first.told().stdout.split(' ')[1]?.trim());
  });

  test('that was killed leaves a lease that cleanup knows to be over, and that the next run takes', async () => {
    const { home, env, vports, ports } = machine();
    const run = start(home, env, [
      'e2e',
      '--',
      'node',
      '-e',
      `${SERVER} setInterval(() => process.ppid === 1 && process.exit(), 20)`,
    ]);
    await run.until('listening');
    run.child.kill('SIGKILL');
    await run.ended;
    const [left] = await ports();
    const { released } = JSON.parse((await vports(['cleanup', '--json'])).stdout);
    expect(released).toMatchObject([{ port: left!.port, why: 'owner-gone' }]);
    const next = await vports(['exec', 'e2e', '--', 'sh', '-c', 'echo $E2E_PORT']);
    expect(next.stdout).toBe(String(left!.port));
    expect(await ports()).toEqual([]);
  });

  test('says of each of several ports, TCP and UDP, who in its process tree has bound it', async () => {
    const { home, env, vports } = machine();
    await vports(['allocate', 'web', '--port', 'api=26471', '--port', 'dns=26472/udp']);
    const server = `require('net').createServer().listen(process.env.WEB_API_PORT, '127.0.0.1');
      require('dgram').createSocket('udp4').bind(process.env.WEB_DNS_PORT, '127.0.0.1');`;
    const run = start(
      home,
      env,
      ['web', '--port', 'api', '--port', 'dns', '--', 'sh', '-c', `sh -c "node -e \\"$S\\" & wait"`],
      server,
    );
    await run.until('26471/tcp is bound by node');
    await run.until('26472/udp is bound by node');
    const { listeners } = JSON.parse((await vports(['who', '26472/udp', '--json'])).stdout);
    expect(listeners).toMatchObject([
      { resource: 'web', evidence: 'its environment says VPORTS_RESOURCE=web' },
    ]);
    run.child.kill('SIGKILL');
    process.kill(listeners[0].pid, 'SIGKILL');
  });

  testWith('script')(
    'Ctrl-C while the port is waited for ends the command, and gives the lease back',
    async () => {
      const { home, env, ports } = machine();
      // No shell: one that has yet to start its command keeps a Ctrl-C to itself.
      const waits = `'${process.execPath}' -e 'console.log("started"); setInterval(Object, 1000)'`;
      const run = Terminal.startVports(`exec e2e -- ${waits}`, { cwd: home, env: { HOME: home, ...env } });
      await run.answer('started', '\u0003');
      expect(await run.ended()).toBe(130);
      expect(await ports()).toEqual([]);
    },
  );

  test('keeps a lease that a person has taken, with its end', async () => {
    const { vports, ports } = machine();
    await vports(['allocate', 'mine', '--ttl', '4h']);
    expect((await vports(['exec', 'mine', '--', 'true'])).status).toBe(0);
    expect(await ports()).toMatchObject([{ resource: 'mine' }]);
  });

  test('never takes the port from another run of the same resource', async () => {
    const { home, env, vports, ports } = machine();
    await vports(['allocate', 'e2e', '--port', '26473']);
    const first = start(home, env, ['e2e', '--', 'node', '-e', SERVER]);
    await first.until('listening');
    const second = await vports(['exec', 'e2e', '--on-conflict', 'move', '--', 'true']);
    expect(second.status).toBe(125);
    expect(second.stderr).toMatch(/error: e2e is already running: 26473\/tcp is used by node/);
    expect(await ports()).toMatchObject([{ port: 26473 }]);
  });

  testWith('ps')('gives its leases back however often it is told to end', async () => {
    const { home, env, ports } = machine();
    const run = start(home, env, ['e2e', '--', 'sleep', '600']);
    await until(async () => (await ports()).length > 0);
    await until(() =>
      spawnSync('ps', ['-o', 'args=', '--ppid', String(run.child.pid)]).stdout.includes('sleep'),
    );
    for (let index = 0; index < 20; index++) {
      run.child.kill('SIGTERM');
      await pause(3);
    }
    await run.ended;
    expect(await ports()).toEqual([]);
  });

  test('refuses an empty command', async () => {
    expect((await machine().vports(['exec', 'e2e', '--', ''])).status).toBe(125);
  });
});

describe('a command that cannot start', () => {
  test.each<[string, (home: string) => string, number, string]>([
    ['whose path leads through a file', () => '/etc/passwd/x', 126, 'ENOTDIR'],
    ['that is a link to itself', (home) => linkTo(join(home, 'loop'), 'loop'), 126, 'ELOOP'],
    ['whose name is too long', () => 'x'.repeat(5_000), 126, 'ENAMETOOLONG'],
    ['that may not be run', (home) => put(join(home, 'text'), ''), 126, 'EACCES'],
    ['that is not there', () => 'no-such-command', 127, 'command not found'],
    ['that is not there by its path', () => './no-such-command', 127, 'command not found'],
  ])('%s gives the exit code of a shell, one line, and leaves no lease', async (_, command, status, why) => {
    const { home, vports, ports } = machine();
    const run = await vports(['exec', 'e2e', '--', command(home)]);
    expect(run.status).toBe(status);
    expect(run.stderr.match(/^error: .*$/gm)).toEqual([expect.stringContaining(why)]);
    expect(run.stderr).not.toContain('defect');
    expect(await ports()).toEqual([]);
  });
});

function linkTo(path: string, target: string): string {
  symlinkSync(target, path);
  return path;
}

describe('a lease', () => {
  test('of a server that goes into the background stays with it, and ends with it', {
    tags: ['slow'],
  }, async () => {
    const { home, env, ports, vports } = machine();
    const server = `require('net').createServer().listen(process.env.E2E_PORT, '127.0.0.1', () => process.send('up'))`;
    const daemon = `const c = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(server)}], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }); c.on('message', () => { console.log('pid ' + c.pid); c.disconnect(); c.unref(); });`;
    const run = start(home, env, ['e2e', '--', 'node', '-e', daemon]);
    await run.ended;
    const pid = Number(/pid (\d+)/.exec(run.told().stdout)![1]);
    onTestFinished(() => {
      if (alive(pid)) process.kill(pid);
    });
    expect(run.told().stderr).toContain('which the command left running; the lease ends when it does');
    expect(await ports()).toMatchObject([{ resource: 'e2e' }]);
    expect((await vports(['cleanup', '--fix'])).status).toBe(0);
    expect(await ports()).toHaveLength(1);
    process.kill(pid);
    await until(() => !alive(pid));
    await vports(['cleanup', '--fix']);
    expect(await ports()).toEqual([]);
  });

  const inFirstNamespace =
    process.getuid?.() === 0 && readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
  (inFirstNamespace ? testWith('unshare') : test.skip)(
    'of a process whose container is gone is nobody’s',
    { tags: ['slow'] },
    async () => {
      const { home, env, ports, vports } = machine();
      const command = [process.execPath, resolve('dist/vports.cjs'), 'exec', 'e2e', '--', 'sleep', '100'];
      const container = spawn('unshare', ['--fork', '--pid', '--mount-proc', '--kill-child', ...command], {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, ...env },
        stdio: 'ignore',
      });
      const gone = once(container, 'close');
      await until(async () => (await ports()).length === 1);
      container.kill('SIGKILL');
      await gone;
      // The kernel ends the container's processes in its own time.
      await until(async () => (await vports(['exec', 'e2e', '--', 'true'])).status === 0);
      expect(await ports()).toEqual([]);
    },
  );
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
