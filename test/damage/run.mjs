/**
 * `npm run damage -- [--every N] [--only TEXT]`: each file that vports and git keep for a registry, in the registry, the data folder and
 * the cache folder, is removed, emptied, cut off, filled with random bytes, swapped with its neighbour or made read-only, one at a time.
 * Then vports is asked, writes, and mends. Prints a table; fails where an answer was silently wrong, something was lost or stuck, a
 * command ended with 70 or did not end, or there was no way back.
 *
 * A way back is `vports doctor --fix`, or, for an object that is nowhere else, the copy of the file that doctor names.
 */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const PROGRAM = resolve('dist/vports.cjs');
const LONGEST = 60_000;
const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean' },
  },
});
/** root may write what is read-only: where this is root, all runs as somebody else. */
const USER =
  process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0 ? 64_321 : undefined;
const base = fs.realpathSync(
  fs.mkdtempSync(join(fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vports-damage-')),
);
fs.chmodSync(base, 0o777);

function run(command, args, { cwd = base, env = {} } = {}) {
  const own =
    USER === undefined
      ? [command, ...args]
      : ['setpriv', `--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', command, ...args];
  const { status, signal, stdout, stderr } = spawnSync(own[0], own.slice(1), {
    cwd,
    encoding: 'utf8',
    timeout: LONGEST,
    killSignal: 'SIGKILL',
    env: {
      PATH: process.env.PATH,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada Lovelace',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada Lovelace',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      ...env,
    },
  });
  return { status: signal ? 'killed' : status, stdout: stdout.trim(), stderr: stderr.trim() };
}

/** What is set up once for each: where it is, and how it is named. */
const LAYOUTS = {
  bare: (place) => ({ VPORTS_REGISTRY: join(place, 'ports.git') }),
  'checked out': (place) => ({ VPORTS_REGISTRY: join(place, 'ports') }),
  packed: (place) => ({ VPORTS_REGISTRY: join(place, 'ports') }),
  remote: (place) => ({ VPORTS_REGISTRY: `file://${join(place, 'remote.git')}` }),
  'host log': () => ({}),
};

function vportsIn(place, env) {
  const home = join(place, 'home');
  return (...args) => run(process.execPath, [PROGRAM, ...args], { cwd: place, env: { HOME: home, ...env } });
}

/** Made by vports itself, with every kind of event, and a lease. */
function setUp(name, place) {
  fs.mkdirSync(join(place, 'home'), { recursive: true });
  fs.chmodSync(place, 0o777);
  fs.chmodSync(join(place, 'home'), 0o777);
  const env = LAYOUTS[name](place);
  const vports = vportsIn(place, env);
  const { VPORTS_REGISTRY: registry } = env;
  if (name === 'remote') {
    run('git', ['init', '-q', '--bare', '-b', 'main', join(place, 'remote.git')], { cwd: place });
    vports('init', join(place, 'first'), '--remote', registry);
  } else if (registry) vports('init', registry, ...(name === 'bare' ? ['--bare'] : []));
  vports('allocate', 'web');
  vports('allocate', 'db');
  vports('allocate', 'api');
  vports('register', 'cache', '6379', '--allow-outside-policy');
  vports('reassign', 'db', '--to', '30010');
  vports('release', 'api');
  vports('allocate', 'leased', '--ttl', '12h');
  if (name === 'packed') run('git', ['-C', registry, 'gc', '-q', '--prune=now']);
  vports('list');
  vports('verify');
  return env;
}

function filesBelow(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name))
    .sort();
}

const RANDOM = Buffer.from(Array.from({ length: 300 }, (_, it) => (it * 7_919 + 13) % 256));
const KINDS = {
  removed: (file) => fs.rmSync(file),
  emptied: (file) => overwrite(file, Buffer.alloc(0)),
  'cut off': (file, bytes) => overwrite(file, bytes.subarray(0, bytes.length >> 1)),
  random: (file) => overwrite(file, RANDOM),
  swapped: (file, bytes, other) => {
    const theirs = fs.readFileSync(other);
    overwrite(file, theirs);
    overwrite(other, bytes);
  },
  'read-only': (file) => fs.chmodSync(file, 0o444),
  'folder read-only': (file) => fs.chmodSync(dirname(file), 0o555),
};

function overwrite(file, bytes) {
  const { mode } = fs.statSync(file);
  fs.chmodSync(file, 0o644);
  fs.writeFileSync(file, bytes);
  fs.chmodSync(file, mode);
}

/** Answers that are right whatever was damaged: an error is one too. */
function judge(vports, held) {
  const faults = [];
  const say = (what, it) =>
    faults.push(`${what}: ${it.status} ${it.stdout.slice(0, 100)} ${it.stderr.slice(0, 300)}`);
  const ask = (...args) => {
    const it = vports(...args);
    if (it.status === 70 || it.status === 'killed' || it.status > 128)
      say(`${args.join(' ')} ended with`, it);
    return it;
  };
  const web = ask('get', 'web');
  if (web.status === 0 && web.stdout !== String(held.web)) say('get web is silently wrong', web);
  const db = ask('check', String(held.db));
  if (db.status === 0) say('a held port is called available', db);
  const list = ask('list', '--json');
  if (list.status === 0 && !isWhole(list, held) && !/warning|damaged/i.test(list.stderr + list.stdout))
    say('list is silently short', list);
  const made = ask('allocate', 'new', '--json');
  if (made.status === 0 && Object.values(held).some((port) => made.stdout.includes(`"port":${port},`)))
    say('a held port was given away', made);
  return faults;
}

function isWhole({ stdout }, held) {
  try {
    const rows = JSON.parse(stdout);
    const all = Array.isArray(rows) ? rows : (rows.ports ?? rows.items ?? []);
    return Object.entries(held).every(([resource, port]) =>
      all.some((it) => it.resource === resource && it.port === port),
    );
  } catch {
    return false;
  }
}

function tryCase(layout, place, { file, kind, held }) {
  const env = LAYOUTS[layout](place);
  const vports = vportsIn(place, env);
  const bytes = fs.readFileSync(file);
  const neighbours = filesBelow(dirname(file)).filter((it) => it !== file && dirname(it) === dirname(file));
  if (kind === 'swapped' && neighbours.length === 0) return undefined;
  const other = neighbours[0];
  const theirs = other && fs.readFileSync(other);
  KINDS[kind](file, bytes, other);
  const faults = judge(vports, held);
  const isRight = () => {
    const list = vports('list', '--json');
    return list.status === 0 && isWhole(list, held) && vports('allocate', 'after').status === 0;
  };
  const mended = vports('doctor', '--fix');
  if (mended.status === 70 || mended.status === 'killed')
    faults.push(`doctor --fix ended with ${mended.status}: ${mended.stderr.slice(0, 300)}`);
  let way = 'by itself or doctor --fix';
  if (!isRight()) {
    const said = mended.stdout + mended.stderr + vports('doctor').stdout;
    // What is read-only is given back by hand, and what is nowhere else comes from a copy: doctor has to name it.
    const names = [file, other, dirname(file), place].filter(Boolean);
    const isNamed =
      names.some((it) => said.includes(it)) ||
      said.includes(objectOf(file)) ||
      /LOG_DAMAGED|STREAM_DAMAGED|CANNOT_WRITE/.test(said);
    fs.chmodSync(dirname(file), 0o777);
    fs.rmSync(file, { force: true });
    put(file, bytes);
    if (kind === 'swapped') {
      fs.rmSync(other, { force: true });
      put(other, theirs);
    }
    if (USER !== undefined)
      for (const it of [file, other]) if (it && fs.existsSync(it)) fs.chownSync(it, USER, USER);
    const again = vports('doctor', '--fix');
    way = isNamed && isRight() ? 'the copy that doctor asks for' : 'none';
    if (way === 'none')
      faults.push(
        `no way back: ${JSON.stringify(said.split('\n').slice(0, 6))} ${again.status} ${vports('allocate', 'after').stderr.slice(0, 300)}`,
      );
  }
  return { faults, way };
}

function put(file, bytes) {
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
}

/** The name of the object that a loose file is. */
function objectOf(file) {
  return /^[0-9a-f]{38}$/.test(basename(file)) ? basename(dirname(file)) + basename(file) : file;
}

let [count, failed] = [0, 0];
const table = new Map();
for (const layout of Object.keys(LAYOUTS)) {
  const original = join(base, 'original');
  fs.mkdirSync(original, { recursive: true, mode: 0o777 });
  fs.chmodSync(original, 0o777);
  const place = join(base, 'place');
  // Paths are kept in what is made: the original is made where each case is run, and moved away.
  fs.mkdirSync(place, { mode: 0o777 });
  const env = setUp(layout, place);
  const { stdout } = vportsIn(place, env)('list', '--json');
  const rows = JSON.parse(stdout);
  const held = Object.fromEntries(
    (Array.isArray(rows) ? rows : rows.ports).map((it) => [it.resource, it.port]),
  );
  const folders = [join(place, 'ports.git'), join(place, 'ports'), join(place, 'home')];
  const files = folders
    .flatMap(filesBelow)
    .filter((it) => !/\.sample$|\/hooks\/|\/description$|\/COMMIT_EDITMSG$/.test(it));
  fs.rmSync(original, { recursive: true });
  fs.renameSync(place, original);
  let at = 0;
  for (const file of files)
    for (const kind of Object.keys(KINDS)) {
      const name = `${layout}: ${kind} ${relative(place, file)}`;
      if (!name.includes(values.only) || at++ % Number(values.every) !== 0) continue;
      spawnSync('cp', ['-a', original, place]);
      const done = tryCase(layout, place, { file, kind, held });
      if (done) {
        count++;
        const row = table.get(`${layout} ${kind}`) ?? { cases: 0, itself: 0, copy: 0, failed: 0 };
        row.cases++;
        if (done.way.startsWith('by')) row.itself++;
        else if (done.way.startsWith('the')) row.copy++;
        if (done.faults.length > 0) row.failed++;
        table.set(`${layout} ${kind}`, row);
        for (const it of done.faults) console.error(`${name}\n  ${it}`);
        failed += done.faults.length > 0 ? 1 : 0;
      }
      fs.chmodSync(dirname(file), 0o777);
      spawnSync('chmod', ['-R', 'u+rwX', place]);
      fs.rmSync(place, { recursive: true, force: true });
    }
  fs.rmSync(original, { recursive: true, force: true });
}
console.table(Object.fromEntries(table));
console.log(`${count} damages, ${failed} not as they should be`);
if (!values.keep) fs.rmSync(base, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
