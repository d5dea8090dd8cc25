/**
 * How `test/fixtures/format-1` was written: by the vports of its day, under a clock that stood at the days told here. It is not to be
 * written anew: what reads format 1 later has to read these bytes. `unshare --uts sh -c 'hostname engine && node test/formats/write-format-1.mjs FOLDER'`
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const target = resolve(process.argv[2]);
const home = mkdtempSync(join(tmpdir(), 'vports-format-'));
let hours = 0;

function run(cwd, command, ...args) {
  const at = new Date(Date.UTC(2026, 10, 1, 10 + hours++)).toISOString().slice(0, 19).replace('T', ' ');
  return execFileSync('faketime', ['-f', `@${at}`, command, ...args], {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: home,
      TZ: 'UTC',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      GIT_AUTHOR_NAME: 'Ada Lovelace',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada Lovelace',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      GIT_CONFIG_NOSYSTEM: '1',
    },
  }).trim();
}

const vports = (cwd, words, ...more) =>
  run(cwd, process.execPath, resolve('dist/vports.cjs'), ...words.split(' '), ...more);
const git = (cwd, words, ...more) => run(cwd, 'git', ...words.split(' '), ...more);

function bundle(repository, name) {
  git(repository, 'bundle create', join(target, `${name}.bundle`), '--all');
}

mkdirSync(target, { recursive: true });

// A registry with everything that can happen to a port, and a branch that is not merged.
vports(home, 'init ports');
const registry = join(home, 'ports');
vports(registry, 'allocate web --registry . --owner team-web --reason', 'the shop');
vports(registry, 'allocate api --registry . --port http=25010 --port grpc=25011 --port probe=25010/udp');
vports(registry, 'register legacy 3306 --registry . --allow-outside-policy --reason', 'was here before');
vports(registry, 'policy set reserved ["1-9999","26750"] --registry .');
vports(registry, 'describe web --registry . --owner team-shop');
vports(registry, 'allocate grafana --registry . --port 25020');
vports(registry, 'reassign grafana --registry . --to 25025');
vports(registry, 'allocate gone --registry . --port 25030');
vports(registry, 'release gone --registry . --reason', 'not needed');
vports(registry, 'allocate again --registry . --port 25030');
vports(registry, 'allocate loki --registry . --port 25040 --branch loki');
git(registry, 'checkout -q -b tempo');
vports(registry, 'allocate tempo --registry . --port 25050');
git(registry, 'checkout -q main');
vports(registry, 'allocate mistake --registry . --port 25060');
vports(registry, 'undo HEAD --registry .');
git(registry, 'merge -q --no-ff tempo -m', 'Merge pull request #42 from team/tempo');
bundle(registry, 'registry');

// What this machine has borrowed: by time, and for a folder.
const shop = join(home, 'shop');
git(home, 'init -q -b main shop');
writeFileSync(join(shop, 'package.json'), '{"name": "shop"}\n');
git(shop, 'add .');
git(shop, 'commit -q -m Begin');
git(shop, 'worktree add -q ../login');
vports(join(home, 'login'), 'run true');
vports(home, 'allocate worker --ttl 2h');
vports(home, 'renew worker --ttl 4h');
vports(home, 'allocate mine --port 31000');
bundle(join(home, '.local/share/vports/host.git'), 'host');

// A folder of a monorepo, with documents that follow.
git(home, 'init -q -b main mono');
const mono = join(home, 'mono');
mkdirSync(join(mono, 'web'));
writeFileSync(join(mono, 'web/service.json'), '{"name": "web", "ports": {"main": 30500}}\n');
git(mono, 'add .');
git(mono, 'commit -q -m Begin');
vports(mono, 'init --in-repo');
vports(join(mono, 'web'), 'allocate web');
bundle(mono, 'monorepo');

// A registry that is shared, and the clone that vports keeps of it.
git(home, 'init -q --bare -b main remote.git');
vports(home, 'init own --remote', `file://${join(home, 'remote.git')}`);
const url = `file://${join(home, 'remote.git')}`;
vports(home, `allocate db --port 20000 --registry ${url}`);
vports(home, `allocate cache --port 21000 --branch cache --registry ${url}`);
const [clone] = readdirSync(join(home, '.local/share/vports/remotes'));
bundle(join(home, '.local/share/vports/remotes', clone), 'clone');
bundle(join(home, 'remote.git'), 'remote');
