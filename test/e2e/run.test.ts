import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { identityOf, livenessOf } from '../../src/process/identity.js';
import { serve, until } from '../support/children.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { runner } from '../support/program.js';

const PROGRAM = resolve('dist/vports.cjs');
const TOLD = ['node', '-p', '[process.env.PORT, process.env.SHOP_PORT, process.env.VPORTS_RESOURCE].join()'];

/** A machine with a project that has a main work tree and makes linked ones. */
function project(files: Record<string, string> = { 'package.json': '{"name": "shop"}' }) {
  const home = temporaryFolder();
  const vports = runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git') } });
  const main = join(home, 'shop');
  for (const [name, text] of Object.entries({ ...files, '.gitignore': 'node_modules\n*.local\n' }))
    put(join(main, name), text);
  git(main, 'init', '-q', '-b', 'main');
  git(main, 'add', '.');
  git(main, 'commit', '-qm', 'x');
  const linked = (name: string) => {
    git(main, 'worktree', 'add', '-q', join(home, name));
    return join(home, name);
  };
  const ask = async (cwd: string, ...args: string[]) => {
    const run = await vports(args, { cwd });
    if (run.status !== 0) throw new Error(run.stderr);
    return run.stdout;
  };
  const held = async () =>
    JSON.parse((await vports(['list', '--json'])).stdout).ports as {
      port: number;
      resource: string;
      name: string;
      folder: string | null;
    }[];
  return { home, main, linked, vports, ask, held };
}

/** Until it ends or the test does. */
function start(home: string, cwd: string, args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: home, VPORTS_HOST_LOG: join(home, 'host.git') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
  return { child, ended, said: () => text };
}

describe('run', () => {
  test('leases what is missing to the folder, and it stays', async () => {
    const { main, ask, held } = project();
    const [first, second] = [await ask(main, 'run', ...TOLD), await ask(main, 'run', ...TOLD)];
    const [{ port } = { port: 0 }, ...others] = await held();
    expect([first, second]).toEqual([`${port},${port},shop`, `${port},${port},shop`]);
    expect(others).toEqual([]);
    expect(await ask(main, 'url')).toBe(`http://localhost:${port}`);
    expect(await ask(main, 'get', 'shop')).toBe(String(port));
  });

  test('uses what the registry holds, and writes nothing there', async () => {
    const { main, vports, ask, held } = project();
    await vports(['allocate', 'shop', '--port', '27501']);
    expect(await ask(main, 'run', ...TOLD)).toBe('27501,27501,shop');
    expect(await held()).toMatchObject([{ port: 27501, folder: null }]);
  });

  test('the options behind the command are its own', async () => {
    const { main, ask } = project();
    const script = 'console.log(process.argv.slice(1).join("|"))';
    expect(await ask(main, 'run', 'node', '-e', script, '--', '--help', '-h', '--json', '--port', '3')).toBe(
      '--help|-h|--json|--port|3',
    );
    expect(
      await ask(main, 'run', '--instance', 'two', '--', 'node', '-p', 'process.env.VPORTS_RESOURCE'),
    ).toBe('shop@two');
  });

  test('gives the exit code of the command, and 125 for what goes wrong before it', async () => {
    const { main, vports } = project();
    expect((await vports(['run', 'sh', '-c', 'exit 7'], { cwd: main })).status).toBe(7);
    expect((await vports(['run'], { cwd: main })).status).toBe(125);
    expect((await vports(['run', '--instance', '@', 'true'], { cwd: main })).status).toBe(125);
    expect((await vports(['run', 'true'])).stderr).toContain('cannot tell which resource you mean');
  });

  test('stops where a stranger is on a port of its own, held or leased', async () => {
    const { main, vports, ask } = project();
    const port = Number(await ask(main, 'run', 'node', '-p', 'process.env.PORT'));
    const stranger = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void stranger.close());
    await once(stranger, 'listening');
    const leased = await vports(['run', 'node', '-p', 'process.env.PORT'], { cwd: main });
    expect([leased.status, leased.stdout]).toEqual([125, '']);
    expect(leased.stderr).toContain(`${port}/tcp of shop is occupied by`);
    expect(await ask(main, 'reassign', 'shop')).not.toBe(String(port));
    expect(await ask(main, 'run', 'node', '-p', 'process.env.PORT')).not.toBe(String(port));
    const claimed = createServer().listen(27502, '127.0.0.1');
    onTestFinished(() => void claimed.close());
    await once(claimed, 'listening');
    await vports(['register', 'api', '27502']);
    const refused = await vports(['run', '--resource', 'api', 'true'], { cwd: main });
    expect(refused.status).toBe(125);
    expect(refused.stderr).toMatch(/27502\/tcp of api is occupied by .*\n {2}stop it/);
    const move = ['--resource', 'api', '--on-conflict', 'move', 'node', '-p', 'process.env.PORT'];
    const moved = await vports(['run', ...move], { cwd: main });
    expect([moved.status, moved.stderr]).toEqual([0, expect.stringContaining(`moved to ${moved.stdout}`)]);
  });

  test('says which program of it listens on a port that it was not given', async () => {
    const { home, main } = project();
    const second = `require('net').createServer().listen(27995, '127.0.0.1')`;
    const first = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(second)}]); require('net').createServer().listen(process.env.PORT, '127.0.0.1')`;
    const env = { PATH: process.env.PATH, HOME: home, VPORTS_HOST_LOG: join(home, 'host.git') };
    const run = spawn(process.execPath, [PROGRAM, 'run', '--', 'node', '-e', first], { cwd: main, env });
    let told = '';
    run.stderr.on('data', (it) => {
      told += it;
    });
    onTestFinished(() => void run.kill('SIGTERM'));
    await until(() => told.includes('27995'));
    expect(told).toMatch(/^note: .*node -e .* listens on 27995\/tcp, but this run has \d+\/tcp$/m);
    const ended = once(run, 'exit');
    run.kill('SIGTERM');
    await ended;
  });

  test('--env names further variables, of other resources too', async () => {
    const { main, vports, ask } = project();
    await vports(['register', 'shop', 'main=27503', 'api=27504']);
    await vports(['register', 'db', '27505']);
    const script = 'process.env.A + process.env.B';
    expect(await ask(main, 'run', '--env', 'A=api', 'node', '-p', 'process.env.A')).toBe('27504');
    expect(
      await ask(
        main,
        'exec',
        'shop',
        'db',
        '--env',
        'A=api',
        '--env',
        'B=db/main',
        '--',
        'node',
        '-p',
        script,
      ),
    ).toBe('2750427505');
    const wrong = await vports(['run', '--env', 'A=nope', 'true'], { cwd: main });
    const leased = await vports(['exec', 'e2e', '--env', 'A=nope', '--', 'true'], { cwd: main });
    expect(leased.status).toBe(125);
    expect((await vports(['list', '--leases', '--json'])).stdout).toContain('"ports": []');
    expect(wrong.stderr).toContain('shop has no port "nope" for A\n  its ports are main, api');
    expect((await vports(['run', '--env', '1A=api', 'true'], { cwd: main })).stderr).toContain(
      'is not VAR=NAME',
    );
  });

  test('--wait: who never listens is named, and ends the command', async () => {
    const { main, vports } = project();
    await vports(['allocate', 'shop', '--port', '26240']);
    const idle = ['--', process.execPath, '-e', 'setInterval(Object, 1000)'];
    const run = await vports(['run', '--wait', '--timeout', '1s', ...idle], { cwd: main });
    expect([run.status, run.stderr]).toEqual([
      125,
      expect.stringContaining('nothing listens on 26240/tcp after 1s'),
    ]);
  });

  test('--wait: others are waited for before, its own ports afterwards', { tags: ['slow'] }, async () => {
    const { main, vports } = project();
    await vports(['register', 'db', '27506']);
    const early = await vports(['exec', 'shop', 'db', '--timeout', '1s', '--', 'true'], { cwd: main });
    expect(early.status).toBe(125);
    expect(early.stderr).toContain('nothing listens on 27506/tcp after 1s');
    await serve(27506);
    const listens =
      'require("http").createServer().listen(process.env.PORT, () => setTimeout(process.exit, 2000, 3))';
    const run = await vports(['exec', 'shop', 'db', '--wait', '--', 'node', '-e', listens], { cwd: main });
    expect(run.status).toBe(3);
    const idle = await vports(['run', '--timeout', '1s', 'node', '-e', 'setInterval(() => {}, 1e6)'], {
      cwd: main,
    });
    expect(idle.status).toBe(125);
    expect(idle.stderr).toMatch(/nothing listens on \d+\/tcp after 1s/);
  });

  test('a Vite project is on its own port in two worktrees, by two commands', {
    tags: ['slow'],
  }, async () => {
    const { home, main, linked, ask } = project({
      'package.json': '{"name": "shop", "scripts": {"dev": "vite"}}',
      'index.html': '<h1>shop</h1>',
      'vite.config.mjs': "export default { cacheDir: '.vite' };",
    });
    const login = linked('login');
    const [urls, servers]: [string[], ReturnType<typeof start>[]] = [[], []];
    for (const folder of [main, login]) {
      symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
      const dev = start(home, folder, ['run', 'npm', 'run', 'dev']);
      servers.push(dev);
      urls.push(await until(() => /^http:\/\/localhost:\d+$/m.exec(dev.said())?.[0]));
    }
    expect(new Set(urls).size).toBe(2);
    for (const [index, url] of urls.entries()) {
      expect(await (await fetch(url)).text()).toContain('<h1>shop</h1>');
      expect(await ask([main, login][index]!, 'url')).toBe(url);
    }
    // npm ends without ending what its script has started: told to end, vports ends that too.
    for (const { child, ended } of servers) {
      child.kill('SIGTERM');
      await ended;
    }
    for (const url of urls) await expect(fetch(url)).rejects.toThrow();
  });
});

describe('run without a command', () => {
  const scripts = (more: object) =>
    JSON.stringify({
      name: 'shop',
      scripts: { dev: 'node -p process.env.PORT', start: 'echo started', ...more },
    });

  test('runs the script dev of the nearest package.json, else start, with its package manager', async () => {
    const { main, vports } = project({ 'package.json': scripts({}), 'src/a.js': '' });
    const run = await vports(['run'], { cwd: join(main, 'src') });
    const url = await vports(['url'], { cwd: main });
    expect(run.stdout.split('\n').at(-1)).toBe(url.stdout.split(':').at(-1));
    expect(run.stderr).toContain(`note: npm run dev: the script dev of ${join(main, 'package.json')}`);
    put(join(main, 'package.json'), scripts({ dev: undefined }));
    expect((await vports(['run'], { cwd: main })).stdout).toMatch(/started$/);
    put(join(main, 'package.json'), '{"name": "shop"}');
    const none = await vports(['run'], { cwd: main });
    expect([none.status, none.stderr]).toEqual([125, expect.stringContaining('no command given')]);
  });

  test('a word is a script where package.json has it, and a program behind --', async () => {
    const { home, main, vports } = project({ 'package.json': scripts({ true: 'echo the script' }) });
    expect((await vports(['run', 'true'], { cwd: main })).stdout).toMatch(/the script$/);
    expect((await vports(['run', '--', 'true'], { cwd: main })).stdout).toBe('');
    expect((await vports(['run', 'pwd'], { cwd: main })).stdout).toBe(main);
    expect((await vports(['run', 'dev', 'x'], { cwd: main })).status).toBe(127);
    put(join(home, 'bin/pnpm'), '#!/bin/sh\necho "pnpm $*"\n');
    chmodSync(join(home, 'bin/pnpm'), 0o755);
    put(join(main, 'pnpm-lock.yaml'), '');
    const env = { PATH: `${join(home, 'bin')}:${process.env.PATH}` };
    expect((await vports(['run', 'start'], { cwd: main, env })).stdout).toBe('pnpm run start');
    const completed = await vports(['complete', '--', 'run', ''], { cwd: main });
    expect(completed.stdout.split('\n')).toContain('start\techo started');
  });
});

describe('run --replace', () => {
  const SERVER =
    'require("net").createServer().listen(+process.env.PORT, "127.0.0.1", () => console.log("up"))';

  /** What was left on the port of a run whose vports was killed. */
  async function leftover() {
    const all = project();
    const { child, said } = start(all.home, all.main, ['run', 'node', '-e', SERVER]);
    await until(() => said().includes('http://localhost'));
    const port = Number(/localhost:(\d+)/.exec(said())![1]);
    child.kill('SIGKILL');
    const server = async () =>
      JSON.parse((await all.vports(['who', String(port), '--json'])).stdout).listeners[0]?.pid as
        | number
        | undefined;
    const pid = (await server())!;
    onTestFinished(() => {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {}
    });
    const runs = join(all.home, '.local/share/vports/runs');
    const replace = () => all.vports(['run', '--replace', 'node', '-p', '"mine"'], { cwd: all.main });
    return { ...all, port, pid, server, replace, record: join(runs, readdirSync(runs)[0]!) };
  }

  test('ends the server that an earlier run left, which the refusal without it names', async () => {
    const { main, vports, pid, server, replace } = await leftover();
    const refused = await vports(['run', 'true'], { cwd: main });
    expect([refused.status, refused.stderr]).toEqual([
      125,
      expect.stringContaining('stop it with `vports run --replace`'),
    ]);
    expect(await server()).toBe(pid);
    const run = await replace();
    expect([run.status, run.stdout]).toEqual([0, 'mine']);
    expect(run.stderr).toContain('which an earlier run of shop left on');
    expect(await server()).toBeUndefined();
  });

  test.each<[string, (record: Record<string, unknown>) => Record<string, unknown> | undefined]>([
    ['that is not on record', () => undefined],
    ['of another resource', (it) => ({ ...it, resource: 'other' })],
    ['of an earlier boot', (it) => ({ ...it, boot: 'b' })],
    ['of another container', (it) => ({ ...it, pidns: '1' })],
    ['whose record is not named after it', (it) => ({ ...it, id: 'x' })],
    ['whose pid is another process by now', (it) => ({ ...it, id: '0', pid: process.pid })],
  ])('ends nothing of a run %s', async (_, change) => {
    const { pid, server, replace, record } = await leftover();
    const changed = change(JSON.parse(readFileSync(record, 'utf8')));
    rmSync(record);
    if (changed) put(changed.id === '0' ? join(record, '../0.json') : record, JSON.stringify(changed));
    expect((await replace()).status).toBe(125);
    expect(await server()).toBe(pid);
  });

  test('ends no stranger, whatever is on record', async () => {
    const { port, pid, server, replace } = await leftover();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await server()) === undefined);
    const stranger = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void stranger.close());
    await once(stranger, 'listening');
    expect((await replace()).status).toBe(125);
    expect(await server()).toBe(process.pid);
  });

  test('a run that ends leaves no record', async () => {
    const { home, main, vports } = project();
    await vports(['run', 'true'], { cwd: main });
    expect(readdirSync(join(home, '.local/share/vports/runs'))).toEqual([]);
  });

  test('and --on-conflict exclude each other', async () => {
    const { main, vports } = project();
    const { status, stderr } = await vports(['run', '--replace', '--on-conflict', 'move', 'true'], {
      cwd: main,
    });
    expect([status, stderr]).toEqual([125, expect.stringContaining('exclude each other')]);
  });
});

test('told to end, nothing of it is left behind, whatever port it is on and however early', async () => {
  const { home, main } = project({
    'package.json': '{"name": "shop", "scripts": {"dev": "node server.js"}}',
    'server.js': "require('http').createServer().listen(0, () => console.log('pid', process.pid))",
  });
  const dev = start(home, main, ['run', 'npm', 'run', 'dev']);
  const pid = await until(() => /pid (\d+)/.exec(dev.said())?.[1]);
  const server = identityOf(Number(pid));
  dev.child.kill('SIGTERM');
  await dev.ended;
  expect(livenessOf(server)).toBe('dead');
});

describe('a linked worktree', () => {
  test('is an instance of its own, under the same variables', async () => {
    const { main, linked, ask, held } = project({
      'service.json': '{"name": "shop", "ports": {"main": 0, "api": {"env_var": "GATEWAY_PORT"}}}',
    });
    const login = linked('login');
    await ask(main, 'allocate', 'shop', '--no-docs');
    const variables = (text: string) => Object.keys(JSON.parse(text).env);
    const [here, there] = [await ask(main, 'env', '--json'), await ask(login, 'env', '--json')];
    expect(variables(here)).toEqual(['SHOP_PORT', 'GATEWAY_PORT']);
    expect(variables(there)).toEqual(variables(here));
    expect(there).not.toBe(here);
    expect(await ask(login, 'env')).toMatch(/^export SHOP_PORT=\d+\nexport GATEWAY_PORT=\d+$/);
    expect(await ask(login, 'env', 'shop')).toBe(await ask(login, 'env'));
    expect((await held()).filter(({ resource }) => resource === 'shop@login')).toMatchObject([
      { folder: login },
      { folder: login },
    ]);
    expect(await ask(login, 'get', 'shop')).toBe(JSON.parse(here).env.SHOP_PORT);
    expect(await ask(login, 'url', 'shop/api')).toBe(
      `http://localhost:${JSON.parse(there).env.GATEWAY_PORT}`,
    );
    expect(await ask(login, 'env', '--instance', 'none', '--json')).toBe(here);
  });

  test('written out, an instance has both names, and two of one resource are refused', async () => {
    const { main, vports, ask } = project();
    await vports(['register', 'shop', '27511']);
    await vports(['register', 'shop@b', '27512']);
    expect(JSON.parse(await ask(main, 'env', 'shop@b', '--json')).env).toEqual({
      SHOP_PORT: '27512',
      SHOP_B_PORT: '27512',
    });
    const both = await vports(['env', 'shop', 'shop@b'], { cwd: main });
    expect(both.status).toBe(2);
    expect(both.stderr).toContain('shop and shop@b would share the variable SHOP_PORT');
  });

  test('--share, and service.json, mean the port without the instance', async () => {
    const { main, linked, ask, vports } = project({ 'service.json': '{"name": "shop", "share": ["db"]}' });
    await vports(['register', 'db', '27513']);
    await vports(['register', 'shop', 'main=27514', 'debug=27515']);
    const login = linked('login');
    const env = JSON.parse(await ask(login, 'env', '--share', 'shop/debug', '--json')).env;
    expect(env).toMatchObject({ DB_PORT: '27513', SHOP_DEBUG_PORT: '27515' });
    expect(env.SHOP_PORT).not.toBe('27514');
    expect(JSON.parse(await ask(login, 'env', '--share', 'shop', '--json')).env).toEqual({
      SHOP_PORT: '27514',
      SHOP_DEBUG_PORT: '27515',
      DB_PORT: '27513',
    });
    expect(JSON.parse(await ask(main, 'env', '--json')).env).toMatchObject({
      SHOP_PORT: '27514',
      DB_PORT: '27513',
    });
  });

  test('gives its ports back when it is really gone, and nobody listens', async () => {
    const { main, linked, ask, vports, held } = project();
    const login = linked('login');
    const port = Number(await ask(login, 'run', 'node', '-p', 'process.env.PORT'));
    await ask(main, 'run', 'true');
    expect(JSON.parse((await vports(['cleanup', '--json'])).stdout)).toMatchObject({ released: [] });
    const server = await serve(port);
    git(main, 'worktree', 'remove', '--force', login);
    const kept = JSON.parse((await vports(['cleanup', '--fix', '--json'])).stdout);
    expect(kept).toMatchObject({ released: [], kept: [{ port, why: 'folder-gone' }] });
    server.kill('SIGKILL');
    await once(server, 'exit');
    expect((await vports(['check', String(port)])).stdout).toBe('available');
    const freed = JSON.parse((await vports(['cleanup', '--fix', '--json'])).stdout);
    expect(freed).toMatchObject({ released: [{ port, resource: 'shop@login' }] });
    expect(await held()).toMatchObject([{ resource: 'shop' }]);
  });

  test('env --write keeps a block in an untracked file, and refuses a tracked one', async () => {
    const { main, linked, ask, vports } = project({ 'package.json': '{"name": "shop"}', '.env': 'A=1\n' });
    const login = linked('login');
    await ask(login, 'run', 'true');
    expect(await ask(login, 'env', '--write', '.env.local')).toBe('.env.local');
    const text = readFileSync(join(login, '.env.local'), 'utf8');
    expect(text).toMatch(/^# vports:start\nSHOP_PORT=\d+\n# vports:end\n$/);
    expect(git(login, 'status', '--short')).toBe('');
    const refused = await vports(['env', '--write', '.env'], { cwd: login });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('git tracks');
    expect(readFileSync(join(login, '.env'), 'utf8')).toBe('A=1\n');
    expect((await vports(['env', '--write', 'x', '--format', 'compose'], { cwd: main })).status).toBe(2);
  });

  test('other verbs mean the names they are given', async () => {
    const { linked, ask } = project();
    const login = linked('login');
    await ask(login, 'allocate', 'shop', '--port', '27516');
    expect(await ask(login, 'get', 'shop')).toBe('27516');
    expect(await ask(login, 'show', 'shop')).toBe('main=27516');
    expect(await ask(login, 'env', '--share', 'shop')).toContain('27516');
    expect(await ask(login, 'env')).not.toContain('27516');
  });
});

test('ten worktrees of eight services at once: each has its own ports, and what is removed frees them', {
  tags: ['slow'],
  timeout: 300_000,
}, async () => {
  const services = ['web', 'api', 'auth', 'mail', 'search', 'jobs', 'admin', 'docs'];
  const { home, main, linked, vports, held } = project(
    Object.fromEntries(services.map((it) => [`${it}/service.json`, `{"name": "${it}"}`])),
  );
  const trees = Array.from({ length: 10 }, (_, each) => linked(`tree-${each}`));
  const portOf = async (tree: string, service: string) => {
    const run = await vports(['run', 'node', '-p', 'process.env.PORT'], { cwd: join(tree, service) });
    return [`${service}@${tree.slice(home.length + 1)}`, run.status === 0 ? run.stdout : run.stderr] as const;
  };
  const told = await Promise.all(trees.flatMap((tree) => services.map((service) => portOf(tree, service))));
  expect(new Set(told.map(([, port]) => port)).size).toBe(80);
  const record = new Map((await held()).map(({ resource, port }) => [resource, String(port)]));
  expect(record).toEqual(new Map(told));
  const again = await Promise.all(trees.map((tree, each) => portOf(tree, services[each % services.length]!)));
  for (const [resource, port] of again) expect(record.get(resource)).toBe(port);
  git(main, 'worktree', 'remove', '--force', trees[0]!);
  rmSync(trees[1]!, { recursive: true });
  const { released } = JSON.parse((await vports(['cleanup', '--fix', '--json'])).stdout);
  expect(released).toHaveLength(16);
  expect(await held()).toHaveLength(64);
  fsck(join(home, 'host.git'));
});

describe('status', () => {
  test('says which registry and why, what is here, and what listens', async () => {
    const { home, main, linked, vports, ask } = project();
    const login = linked('login');
    const port = Number(await ask(login, 'run', 'node', '-p', 'process.env.PORT'));
    await serve(port, { cwd: login });
    const status = JSON.parse(await ask(login, 'status', '--json'));
    expect(status).toMatchObject({
      registry: { path: join(home, 'host.git'), url: null, from: 'embedded' },
      resource: 'shop',
      instance: 'login',
      folder: login,
      ports: [{ port, url: `http://localhost:${port}`, variables: ['SHOP_PORT'], listeners: [{ port }] }],
      claims: [],
    });
    expect(await ask(main, 'status')).toContain('note: shop holds no port\n  `vports run COMMAND` leases');
    expect((await vports(['status'])).stdout).toContain('cannot tell which resource you mean');
  });

  test('what service.json says otherwise is told, with the command that mends it', async () => {
    const { main, vports, ask } = project({ 'service.json': '{"name": "shop", "ports": {"main": 27541}}' });
    await vports(['register', 'shop', '27542', '--no-docs'], { cwd: main });
    const status = await ask(main, 'status');
    expect(status).toMatch(
      /warning: .*service.json:1 says 27541 for shop, the registry 27542\n {2}`vports docs/,
    );
    await ask(main, 'docs');
    expect(await ask(main, 'status')).not.toContain('says 27541');
  });

  test('a stranger on a port is a problem, with the command that mends it', async () => {
    const { main, home, vports } = project();
    put(join(home, 'other/service.json'), '{"name": "other"}');
    await vports(['register', 'shop', '27521']);
    await vports(['register', 'other', '27522']);
    await serve(27521, { cwd: join(home, 'other') });
    const status = await vports(['status'], { cwd: main });
    expect(status.status).toBe(1);
    expect(status.stdout).toMatch(
      /problem: 27521\/tcp is held by shop, but used by process \d+ of other.*\n {2}stop it/,
    );
  });
});

describe('url', () => {
  test('is https where service.json says so, and says whether something listens', async () => {
    const { main, vports, ask } = project({
      'service.json':
        '{"name": "shop", "ports": {"main": {"port": 27531, "scheme": "https"}, "dns": {"port": 27532, "protocol": "udp"}}}',
    });
    await vports(['register', 'shop', 'main=27531', 'dns=27532/udp'], { cwd: main });
    expect(JSON.parse(await ask(main, 'url', '--json'))).toEqual({
      url: 'https://localhost:27531',
      port: 27531,
      listening: false,
      warnings: [],
    });
    expect((await vports(['url', 'shop/dns'], { cwd: main })).stderr).toContain(
      '27532/udp is a UDP port; it has no URL',
    );
    expect((await vports(['url', 'shop/nope'], { cwd: main })).stderr).toContain(
      'shop holds no port named nope',
    );
    expect((await vports(['url', 'nope'], { cwd: main })).stderr).toContain('nope holds no port');
  });

  test('--open gives it to the browser', async () => {
    const { home, main, vports } = project();
    await vports(['register', 'shop', '27533']);
    const seen = join(home, 'seen');
    const browser = put(join(home, 'browser'), `#!/bin/sh\necho "$1" > ${seen}\n`);
    const { chmodSync } = await import('node:fs');
    chmodSync(browser, 0o755);
    const run = await vports(['url', '--open'], { cwd: main, env: { BROWSER: browser } });
    expect(run.stderr).toContain('nothing listens on 27533 yet');
    await until(() => existsSync(seen) && readFileSync(seen, 'utf8') !== '');
    expect(readFileSync(seen, 'utf8')).toBe('http://localhost:27533\n');
    const none = await vports(['url', '--open'], { cwd: main, env: { BROWSER: join(home, 'nope') } });
    expect(none.status).toBe(2);
  });
});

describe('env --if-present', () => {
  test('is silent outside of a project, and where nothing is held', async () => {
    const { home, main, linked, vports } = project();
    for (const cwd of [home, main, linked('login')]) {
      const run = await vports(['env', '--if-present'], { cwd });
      expect(run).toMatchObject({ status: 0, stdout: '', stderr: '' });
    }
    expect((await vports(['env', '--if-present', '--json'], { cwd: main })).stdout).toBe(
      '{\n  "env": {},\n  "warnings": []\n}',
    );
    expect((await vports(['env', '--if-present', '--format', 'nope'], { cwd: main })).status).toBe(2);
  });
});
