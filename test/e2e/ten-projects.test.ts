import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const NAMES = ['web', 'api', 'db', 'frontend', 'docs'];
/** As teams write them: https, ssh, an ssh alias, insteadOf, a fork with its upstream. */
const REMOTES: Record<string, (folder: string) => void> = {
  https: (folder) => git(folder, 'remote', 'add', 'origin', 'https://github.com/acme/https.git'),
  ssh: (folder) => git(folder, 'remote', 'add', 'origin', 'git@github.com:acme/ssh.git'),
  alias: (folder) => git(folder, 'remote', 'add', 'origin', 'github-work:acme/alias.git'),
  instead: (folder) => {
    git(folder, 'config', 'url.https://git.acme.example/.insteadOf', 'acme:');
    git(folder, 'remote', 'add', 'origin', 'acme:tools/instead');
  },
  fork: (folder) => {
    git(folder, 'remote', 'add', 'origin', 'git@github.com:ada/fork.git');
    git(folder, 'remote', 'add', 'upstream', 'git@github.com:acme/fork.git');
  },
  port: (folder) => git(folder, 'remote', 'add', 'origin', 'ssh://git@git.acme.example:2222/tools/port.git'),
  azure: (folder) => git(folder, 'remote', 'add', 'origin', 'https://dev.azure.com/acme/shop/_git/azure'),
  named: (folder) => put(join(folder, '.vports.json'), '{"project": "acme/named"}'),
  other: (folder) => git(folder, 'remote', 'add', 'origin', 'https://gitlab.com/beta/web.git'),
  single: (folder) => git(folder, 'remote', 'add', 'hub', 'https://codeberg.org/acme/single'),
};
const PROJECTS = Object.keys(REMOTES);
const PLACES = ['one', 'two', 'one-login', 'two-login'];

type Vports = (args: string[]) => Promise<Run>;

const json = (run: Run) => JSON.parse(run.stdout);
const lines = (run: Run) => run.stdout.split('\n').filter(Boolean);

/** A project's two clones with a linked work tree each, in a home. */
function cloneTwice(home: string, project: string): void {
  const first = join(home, project, 'one');
  put(join(first, 'package.json'), '{"name": "web"}');
  git(first, 'init', '-q', '-b', 'main');
  REMOTES[project]!(first);
  git(first, 'add', '.');
  git(first, 'commit', '-qm', 'x');
  cpSync(first, join(home, project, 'two'), { recursive: true });
  for (const clone of ['one', 'two'])
    git(join(home, project, clone), 'worktree', 'add', '-q', join(home, project, `${clone}-login`));
}

async function machines() {
  const folder = temporaryFolder();
  const hub = await placeRegistry(join(folder, 'hub.git'), { bare: true });
  const machine = (name: string) => {
    const home = join(folder, name);
    for (const project of PROJECTS) cloneTwice(home, project);
    const env = { VPORTS_REGISTRY: `file://${hub}` };
    const team = (project: string, place: string, more: Record<string, string> = env): Vports =>
      runner(home, { env: more, cwd: join(home, project, place) });
    return { home, team, alone: (project: string, place: string) => team(project, place, {}) };
  };
  return { hub, machine };
}

test('ten projects with the usual names, each with two clones and two work trees, on two machines: each gets its own', {
  tags: ['slow'],
  timeout: 600_000,
}, async () => {
  const { hub, machine } = await machines();
  const [ada, bob] = [machine('ada'), machine('bob')];
  const claims = new Map<string, string>();
  for (const project of PROJECTS)
    for (const name of NAMES)
      claims.set(`${project} ${name}`, (await ada.team(project, 'one')(['allocate', name])).stdout);
  expect(new Set(claims.values()).size).toBe(PROJECTS.length * NAMES.length);

  // The same project on the other machine, and in every place where it is not an instance.
  for (const project of PROJECTS) {
    const own = NAMES.map((name) => claims.get(`${project} ${name}`)!);
    for (const at of [ada.team(project, 'two'), bob.team(project, 'one'), bob.team(project, 'two-login')])
      expect(lines(await at(['env', ...NAMES, '--instance', 'none', '--format', 'dotenv']))).toEqual(
        own.map((port, index) => `${NAMES[index]!.toUpperCase()}_PORT=${port}`),
      );
    const { id } = json(await ada.team(project, 'one-login')(['status', '--json'])).project;
    const listed = json(await bob.team(project, 'two')(['list', '--project', id, '--json'])).ports;
    expect(listed.map(({ port }: { port: number }) => String(port)).sort()).toEqual([...own].sort());
  }

  // `web` is the resource of each folder: what runs there has a port that nothing else has.
  const running = new Map<string, string>();
  for (const [name, at] of Object.entries({ ada, bob }))
    for (const project of PROJECTS)
      for (const place of PLACES) {
        const port = (await at.team(project, place)(['run', '--', 'printenv', 'PORT'])).stdout.trim();
        expect((await at.team(project, place)(['url'])).stdout).toBe(`http://localhost:${port}`);
        running.set(`${name} ${project} ${place}`, port);
      }
  for (const [key, port] of running) {
    const [name, project, place] = key.split(' ') as [string, string, string];
    if (place === 'one') expect([key, port]).toEqual([key, claims.get(`${project} web`)]);
    else expect([...claims.values()]).not.toContain(port);
    const same = [...running].filter(([other, it]) => it === port && other.startsWith(name));
    expect(same.map(([other]) => other)).toEqual([key]);
  }

  // A real server of one project is a stranger to none of its own places, and to every other project's.
  const web = claims.get('https web')!;
  const server = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${web}, '127.0.0.1', () => console.log('up'))`,
  ]);
  try {
    await once(server.stdout, 'data');
    expect((await ada.team('ssh', 'one')(['allocate', 'shop', '--port', web])).stdout).not.toBe(web);
  } finally {
    server.kill();
  }

  // The registry of the machine has claims of its own.
  const alone = (await ada.alone('https', 'one')(['allocate', 'db'])).stdout;
  expect([...claims.values()]).not.toContain(alone);
  expect((await ada.team('https', 'one')(['get', 'db'])).stdout).toBe(claims.get('https db'));
  expect((await ada.alone('https', 'two')(['get', 'db'])).stdout).toBe(alone);

  // What one gives up, no other loses.
  await bob.team('ssh', 'one')(['release', 'db', 'docs']);
  await ada.team('ssh', 'one')(['sync']);
  for (const project of PROJECTS) {
    const left = await ada.team(project, 'one')(['get', 'db']);
    // The name on record is another project's, which can be read, and is named.
    const expected = claims.get(`${project === 'ssh' ? 'https' : project} db`);
    expect([project, left.stdout]).toEqual([project, expected]);
    expect(left.stderr.includes('github.com/acme/https')).toBe(project === 'ssh');
  }

  // Documents are looked up by project.
  for (const project of ['alias', 'fork']) {
    const folder = join(ada.home, project, 'one');
    const port = claims.get(`${project} frontend`)!;
    writeFileSync(
      join(folder, 'compose.yaml'),
      `services:\n  frontend:\n    image: x\n    ports: ["${port}:80"]\n`,
    );
    expect(json(await ada.team(project, 'one')(['import', '.', '--json']))).toMatchObject({
      imported: [],
      problems: [],
      skipped: [{ port: Number(port) }],
    });
    expect((await ada.team(project, 'one')(['ci'])).status).toBe(0);
  }
  expect((await bob.team('https', 'one')(['verify'])).stdout).toMatch(/^OK: /);
  fsck(hub);
});
