/**
 * What `npm pack` makes, installed into an empty folder, under several versions of Node one after the other, with one home and
 * so one cache. Each does the main job; stdout is the answer and stderr the story, and nothing else. Twice, as the second run
 * starts from what the first has left in the cache; then once more in another order. Where Wine is installed, on Windows too: without git.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkLibrary } from './matrix-library.mjs';

/** Unpacked, in bytes. */
const LARGEST = 6_000_000;
const VERSIONS = ['20.19.0', '22', '24', '26'];
const folder = mkdtempSync(join(tmpdir(), 'vports-matrix-'));
const npm = (...args) =>
  execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
try {
  // What is built writes to stdout too; the answer is the last of it.
  const packed = npm('pack', '--json', '--foreground-scripts=false', '--pack-destination', folder);
  const [{ filename, files, unpackedSize }] = JSON.parse(packed.slice(packed.indexOf('[')));
  assert.ok(unpackedSize <= LARGEST, `the package has ${unpackedSize} bytes`);
  const compiled = files.filter(({ path }) => /\.(cache|bin|jsc)$/.test(path));
  assert.deepEqual(compiled, [], 'the package holds compiled code');
  const prefix = join(folder, 'prefix');
  mkdirSync(prefix);
  writeFileSync(join(prefix, 'package.json'), '{}');
  npm('install', '--prefix', prefix, '--no-save', '--no-audit', join(folder, filename));
  assert.deepEqual(
    readdirSync(join(prefix, 'node_modules')).filter((it) => !it.startsWith('.')),
    ['vports'],
    'the package brings no other',
  );
  checkManPage(join(folder, filename), join(folder, 'global'));
  checkLibrary(join(folder, filename), join(folder, 'library'));
  const nodes = new Map([[process.version.slice(1), process.execPath]]);
  for (const version of VERSIONS) nodes.set(version, installNode(version));
  checkAll(prefix, nodes);
  console.log(`the package works under Node ${[...nodes.keys()].join(', ')}`);
  const wine = ['/usr/lib/wine/wine64', '/usr/bin/wine64', '/usr/bin/wine'].find((it) => existsSync(it));
  if (wine === undefined) console.log('not tried on Windows: Wine is not installed');
  else checkOnWindows(prefix, wine);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `man vports` after `npm install --global`. */
function checkManPage(tarball, prefix) {
  npm('install', '--global', '--prefix', prefix, '--no-audit', tarball);
  const pages = join(prefix, 'share/man');
  const found = spawnSync('man', ['-w', '-M', pages, 'vports'], { encoding: 'utf8' });
  assert.equal(found.error === undefined ? found.status : 0, 0, `no man page in ${pages}`);
}

/** A registry with a work tree, the embedded one and a lease. What is printed goes through files: Wine's pipes are none to Node. */
function checkOnWindows(prefix, wine) {
  const node = installNode('22', 'win', 'x64');
  const home = join(folder, 'windows');
  mkdirSync(home);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    WINEPREFIX: join(home, 'wine'),
    WINEDEBUG: '-all',
    NODE_SKIP_PLATFORM_CHECK: '1',
    USERPROFILE: `Z:${home.replaceAll('/', '\\')}`,
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
  };
  const program = `Z:${resolve(prefix, 'node_modules/vports/dist/vports.cjs').replaceAll('/', '\\')}`;
  const run = (...args) => {
    const [out, err] = ['out', 'err'].map((name) => openSync(join(home, name), 'w'));
    const { status } = spawnSync(wine, [node, program, ...args], {
      cwd: home,
      env,
      stdio: ['ignore', out, err],
    });
    for (const it of [out, err]) closeSync(it);
    const [stdout, stderr] = ['out', 'err'].map((name) =>
      readFileSync(join(home, name), 'utf8').replaceAll('\r', ''),
    );
    return { status, stdout, stderr };
  };
  const yes = (args, stdout) => {
    const done = run(...args);
    assert.deepEqual(
      [done.status, done.stdout],
      [0, stdout],
      `vports ${args.join(' ')} on Windows: ${done.stderr}`,
    );
  };
  assert.equal(run('init', 'ports').status, 0);
  for (const registry of [['--registry', 'ports'], []]) {
    yes(['allocate', 'web', ...registry], '30000\n');
    yes(['get', 'web', ...registry], '30000\n');
    yes(['release', 'web', ...registry], '30000\n');
    yes(['verify', ...registry], 'OK: 2 events, 1 port, 3 commits\n');
  }
  assert.equal(run('allocate', 'leased', '--ttl', '1h').status, 0);
  console.log('and on Windows, as Wine has it, without git');
}

function installNode(version, platform = process.platform, arch = process.arch) {
  const at = join(folder, `node-${platform}-${version}`);
  mkdirSync(at);
  writeFileSync(join(at, 'package.json'), '{}');
  npm('install', '--prefix', at, '--no-save', '--no-audit', '--force', `node-${platform}-${arch}@${version}`);
  return join(
    at,
    'node_modules',
    `node-${platform}-${arch}`,
    'bin',
    platform === 'win' ? 'node.exe' : 'node',
  );
}

function checkAll(prefix, nodes) {
  const home = join(folder, 'home');
  mkdirSync(home);
  const program = resolve(prefix, 'node_modules/vports/dist/vports.cjs');
  const run = (node, ...args) => {
    const env = {
      PATH: process.env.PATH,
      HOME: home,
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
    };
    const { status, stdout, stderr } = spawnSync(node, [program, ...args], {
      cwd: home,
      encoding: 'utf8',
      env,
    });
    return { status, stdout, stderr };
  };
  let port = 30000;
  const names = [];
  const round = (entries) => {
    for (const [version, node] of entries) {
      const name = `web-${names.length}`;
      names.push(name);
      const granted = run(node, 'allocate', name);
      assert.deepEqual([granted.status, granted.stdout], [0, `${port}\n`], `${version}: ${granted.stderr}`);
      assert.match(
        granted.stderr,
        /^(created the embedded .*\n)?committed \S+ to this machine's registry as \w+ on main\n$/,
        version,
      );
      assert.deepEqual(run(node, 'get', name), { status: 0, stdout: `${port}\n`, stderr: '' }, version);
      const listed = run(node, 'list');
      assert.deepEqual([listed.status, listed.stderr], [0, ''], version);
      assert.match(listed.stdout, new RegExp(`${port}/tcp +${name}`), version);
      const unknown = run(node, 'get', 'nobody');
      assert.deepEqual([unknown.status, unknown.stdout], [1, ''], version);
      assert.match(run(node, '--version').stdout, /^vports\/\d/, version);
      assert.match(run(node, 'allocate', '--help').stdout, /USAGE/, version);
      port += 1;
    }
  };
  const all = [...nodes];
  round(all);
  round(all);
  shuffleCaches(join(home, '.cache/vports/code'));
  round(all.reverse());
}

/** As if V8 of one version had been handed what another one made: nothing of it may be run. */
function shuffleCaches(code) {
  const folders = readdirSync(code).map((name) => join(code, name));
  assert.ok(folders.length > VERSIONS.length, 'each Node keeps a folder of its own');
  const copies = folders.map((path, index) => {
    const copy = join(folder, `copy-${index}`);
    cpSync(path, copy, { recursive: true });
    return copy;
  });
  for (const [index, path] of folders.entries()) {
    rmSync(path, { recursive: true });
    cpSync(copies[(index + 1) % copies.length], path, { recursive: true });
  }
}
