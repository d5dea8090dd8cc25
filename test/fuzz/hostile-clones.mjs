/**
 * `npm run clones -- [CASES] [FIRST]`: cloned and unpacked projects whose `.vports.json`, git directories, journals, links, hooks and
 * configuration are made to have vports write or run something of theirs. Each runs in a mount namespace where all but the folder of the
 * case is read-only (root is needed; else without), and every file of that folder is compared before and after:
 *
 * - who only reads changes nothing but vports' own caches;
 * - who writes changes nothing outside of the project and vports' own folders;
 * - nothing that the project names is run.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const PROGRAM = resolve('dist/vports.cjs');
const LONGEST = 60_000;
const [cases = 1_000, first = 1] = process.argv.slice(2).map(Number);

const READING = [
  ['list'],
  ['get', 'web'],
  ['log'],
  ['who', '30000'],
  ['status'],
  ['doctor'],
  ['env', 'web'],
  ['check', '30000'],
  ['ci'],
  ['verify'],
  ['replay'],
  ['diff', 'HEAD'],
  ['url', 'web'],
  ['show', '30000'],
  ['policy'],
  ['review', 'HEAD'],
];
const WRITING = [
  ['allocate', 'web'],
  ['reconcile'],
  ['allocate', 'new', '--dry-run'],
  ['register', 'api', '30500'],
  ['release', 'web'],
  ['doctor', '--fix'],
  ['sync'],
  ['docs'],
  ['undo', 'HEAD'],
  ['reassign', 'web'],
  ['exec', 'web', '--', 'true'],
  ['cleanup', '--fix'],
  ['resolve'],
  ['import', '.'],
  ['policy', 'set', 'lease.default', '2h'],
];

/** Numbers that look like chance and are the same for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed | 0;
  const below = (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, chance: (times) => below(times) === 0, from: (all) => all[below(all.length)] };
}

const put = (file, text, mode = 0o644) => {
  fs.mkdirSync(dirname(file), { recursive: true });
  fs.writeFileSync(file, text, { mode });
};
const git = (folder, ...args) =>
  spawnSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'M',
      GIT_AUTHOR_EMAIL: 'm@x',
      GIT_COMMITTER_NAME: 'M',
      GIT_COMMITTER_EMAIL: 'm@x',
    },
  }).stdout.trim();

let original;
/** A registry with a port, made once by vports itself. */
function registryOf(folder) {
  if (original) return original;
  original = join(folder, 'original');
  const env = {
    ...process.env,
    HOME: join(folder, 'maker'),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'M',
    GIT_AUTHOR_EMAIL: 'm@x',
  };
  for (const args of [
    ['init', original],
    ['allocate', 'web', '--registry', original],
    ['allocate', 'db', '--registry', original],
  ])
    spawnSync(process.execPath, [PROGRAM, ...args], { env });
  return original;
}

/** A folder of a user with files of their own, and a project in it that somebody else made. Gives what is to be run where. */
function makeCase(at, base) {
  const random = randomOf(at);
  const root = join(base, `case-${at}`);
  const [home, victim] = [join(root, 'home'), join(root, 'home/project')];
  const project = join(victim, 'cloned');
  const trap = (name) => `touch ${join(root, `ran-${name}`)}`;
  for (const name of [
    '.bashrc',
    '.ssh/authorized_keys',
    '.config/fish/config.fish',
    '.gitconfig',
    'work/precious',
    'work/other/file',
  ])
    put(
      join(home, name),
      name === '.gitconfig' ? '[user]\n\tname = Ada\n\temail = ada@example.com\n' : 'mine\n',
    );
  git(victim, 'init', '-q', '-b', 'main');
  git(victim, 'add', 'precious');
  git(victim, 'commit', '-qm', 'mine');

  const isBare = random.chance(2);
  const place = random.from(['reg', 'reg.git', 'deep/er/reg', '.', 'x y', 'ré g']);
  const tree = join(project, place);
  fs.mkdirSync(dirname(tree), { recursive: true });
  if (isBare) spawnSync('git', ['clone', '-q', '--bare', `${base}/original`, tree]);
  else if (fs.existsSync(tree)) fs.cpSync(`${base}/original`, tree, { recursive: true });
  else spawnSync('git', ['clone', '-q', `${base}/original`, tree]);
  let gitdir = isBare ? tree : join(tree, '.git');
  if (!isBare && random.chance(3)) {
    const moved = join(project, random.from(['hidden', 'a/b', '.git-elsewhere']));
    fs.mkdirSync(dirname(moved), { recursive: true });
    fs.renameSync(gitdir, moved);
    put(
      gitdir,
      `gitdir: ${random.from([moved, `${'../'.repeat(random.below(3))}hidden`, `${victim}/.git`])}\n`,
    );
    gitdir = moved;
  }

  const head = git(gitdir, 'rev-parse', 'HEAD');
  const parent = git(gitdir, 'rev-parse', 'HEAD~1');
  const policy = git(gitdir, 'rev-parse', 'HEAD:policy.json');
  const event = git(gitdir, 'ls-tree', '-r', '--name-only', 'HEAD', 'events').split('\n').at(-1);
  const eventOid = git(gitdir, 'rev-parse', `HEAD:${event}`);
  const target = () =>
    random.from([
      join(home, '.bashrc'),
      join(home, '.ssh'),
      join(home, '.ssh/authorized_keys'),
      victim,
      join(victim, 'other'),
      join(victim, '.git'),
      join(victim, 'precious'),
      '/etc/passwd',
      root,
    ]);

  if (random.chance(2)) {
    const lines = [];
    for (let it = 0; it <= random.below(4); it++)
      lines.push(
        random.from([
          `[core]\n\tworktree = ${random.from(['../..', '..', victim, home, '/etc', '../../..'])}\n\tbare = false`,
          `[core]\n\tfsmonitor = ${trap('fsmonitor')}`,
          `[core]\n\thooksPath = ${join(project, 'hooks')}`,
          `[core]\n\tsshCommand = ${trap('ssh')}`,
          `[core]\n\tpager = ${trap('pager')}\n\teditor = ${trap('editor')}\n\taskPass = ${trap('askpass')}`,
          `[core]\n\tattributesFile = ${join(project, 'attributes')}\n\tlogAllRefUpdates = always`,
          `[diff]\n\texternal = ${trap('diff')}`,
          `[filter "x"]\n\tclean = ${trap('clean')}\n\tsmudge = ${trap('smudge')}\n\tprocess = ${trap('process')}`,
          `[gpg]\n\tprogram = ${trap('gpg')}\n[commit]\n\tgpgSign = true`,
          `[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tprogram = ${trap('sshkeygen')}\n\tdefaultKeyCommand = ${trap('key')}`,
          `[credential]\n\thelper = !${trap('helper')}`,
          `[remote "origin"]\n\turl = ext::sh -c ${trap('ext')}\n\tfetch = +refs/*:refs/*`,
          `[remote "origin"]\n\turl = ${join(root, 'home/project/.git')}\n\tuploadpack = ${trap('uploadpack')}\n\treceivepack = ${trap('receivepack')}\n\tpromisor = true\n\tpartialclonefilter = blob:none`,
          `[remote "origin"]\n\turl = ssh://-oProxyCommand=${trap('proxy')}/x`,
          `[alias]\n\tlog = !${trap('alias')}`,
          `[uploadpack]\n\tpackObjectsHook = ${trap('pack')}`,
          `[merge "ours"]\n\tdriver = ${trap('driver')}`,
          `[trailer "x"]\n\tcommand = ${trap('trailer')}`,
          `[include]\n\tpath = ${target()}`,
          `[extensions]\n\tworktreeConfig = true`,
          `[gc]\n\tauto = 1\n\trecentObjectsHook = ${trap('gc')}`,
        ]),
      );
    fs.appendFileSync(join(gitdir, 'config'), `${lines.join('\n')}\n`);
    put(join(project, 'attributes'), '* filter=x diff=x merge=ours\n');
  }
  for (const hook of [
    'post-commit',
    'pre-commit',
    'reference-transaction',
    'post-checkout',
    'pre-push',
    'pre-auto-gc',
    'post-index-change',
    'post-merge',
    'fsmonitor-watchman',
    'pre-receive',
    'update',
  ])
    for (const folder of [join(gitdir, 'hooks'), join(project, 'hooks')])
      if (random.chance(2)) put(join(folder, hook), `#!/bin/sh\n${trap(hook)}\n`, 0o755);

  if (random.chance(3)) {
    const own = join(gitdir, 'worktrees/x');
    put(
      join(own, 'gitdir'),
      `${random.from([join(victim, '.git'), join(home, '.bashrc'), join(project, 'wt/.git'), '../../../../.git'])}\n`,
    );
    put(join(own, 'commondir'), random.from(['../..\n', `${victim}/.git\n`, '../../../..\n']));
    put(join(own, 'HEAD'), 'ref: refs/heads/main\n');
    if (random.chance(2)) put(join(project, 'wt/.git'), `gitdir: ${own}\n`);
  }
  if (random.chance(2)) {
    const file = random.from([
      { path: 'precious', after: policy },
      { path: event, after: eventOid },
      { path: event, before: eventOid, after: policy },
      { path: '../precious', after: policy },
      { path: '.git/hooks/post-commit', after: policy },
      { path: 'events/../../precious', after: policy },
      { path: '.bashrc', after: policy },
      { path: 'policy.json', before: policy, after: eventOid, worktree: { before: policy, after: eventOid } },
      { path: 'README.md', after: policy, index: { after: policy } },
      { path: 'work/precious', after: policy },
      { path: 'link/file', after: policy },
    ]);
    const [old, next] = random.from([
      [parent, head],
      [head, head],
      [head, parent],
      [undefined, head],
      [head, '0'.repeat(40)],
    ]);
    const journal = {
      version: 1,
      worktree: random.from(['', '', 'x', '..', '../..']),
      ref: random.from(['refs/heads/main', 'refs/heads/../../x', 'HEAD']),
      old,
      next,
      reflog: `${head} ${head} x <x> 0 +0000\tx\n`,
      files: [file],
    };
    put(
      join(gitdir, random.from(['vports/journal.json', 'vports/journal-undo.json'])),
      JSON.stringify(journal),
    );
    if (random.chance(3)) put(join(gitdir, 'vports/index.mark'), 'vports x\n');
  }
  for (let it = random.below(3); it > 0; it--) {
    const link = join(
      gitdir,
      random.from([
        'logs',
        'logs/HEAD',
        'logs/refs/heads/main',
        'refs/heads/x',
        'refs/vports',
        'vports',
        'vports/locks',
        'vports/cache',
        'vports/index',
        'vports/writer.lock',
        'vports/journal.json',
        'index',
        'index.lock',
        'config',
        'HEAD',
        'objects/pack',
        'objects/info/alternates',
        'packed-refs',
        'worktrees',
        'info',
      ]),
    );
    try {
      fs.rmSync(link, { recursive: true, force: true });
      fs.mkdirSync(dirname(link), { recursive: true });
      fs.symlinkSync(target(), link);
    } catch {
      // What it would be in is a link to a file already.
    }
  }
  for (const name of ['service.json', 'README.md', '.env', 'compose.yaml', 'events', 'ports.csv'])
    if (random.chance(4) && !fs.existsSync(join(project, name)))
      fs.symlinkSync(target(), join(project, name));
  if (random.chance(3))
    put(
      join(project, 'package.json'),
      `{"name": "${random.from(['web', '../x', '$(touch x)', '__proto__'])}"}`,
    );

  const named = random.from([
    place,
    place,
    place,
    place,
    `./${place}/`,
    `../cloned/${place}`,
    '..',
    '../.git',
    victim,
    join(victim, '.git'),
    'embedded',
    `file://${tree}`,
    `ext::sh -c '${trap('project')}'`,
    `ssh://-oProxyCommand=${trap('project')}/x`,
    '--upload-pack=x',
    '',
    'a'.repeat(5_000),
    '\u0000',
    '~',
    '$HOME',
  ]);
  const extra = random.from([
    {},
    {},
    {},
    { ignore: ['**'] },
    { ignore: ['!'.repeat(2_000)] },
    { other: 1 },
    { __proto__: { x: 1 } },
    { project: '../x' },
  ]);
  put(
    join(project, '.vports.json'),
    random.chance(12)
      ? random.from(['', '[]', '{', 'null', '{"registry": {}}', '{"registry": ["x"]}'])
      : JSON.stringify({ registry: named, ...extra }),
  );

  const pick = (all, count) => Array.from({ length: count }, () => random.from(all));
  return {
    root,
    home,
    project,
    victim,
    reading: pick(READING, 5),
    writing: pick(WRITING, 3),
    cwd: random.chance(6) && fs.existsSync(tree) ? tree : project,
  };
}

/** What each file, folder and link of a folder is. */
function manifest(folder) {
  const found = new Map();
  const visit = (at) => {
    for (const entry of fs.readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        found.set(path, 'folder');
        visit(path);
      } else if (entry.isSymbolicLink()) found.set(path, `link ${fs.readlinkSync(path)}`);
      else {
        const { mode, size } = fs.lstatSync(path);
        const content =
          entry.isFile() && size < 2 ** 24
            ? createHash('sha1').update(fs.readFileSync(path)).digest('hex')
            : size;
        found.set(path, `${mode.toString(8)} ${content}`);
      }
    }
  };
  visit(folder);
  return found;
}

function changesBetween(before, after, isAllowed) {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path) && !isAllowed(path),
  );
}

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

/** Where all but one folder is read-only; `/tmp` and `/dev/shm` are new. */
function alone(root, command) {
  if (!canMount) return command;
  const script =
    'mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro / && for it in /dev/shm /var /home /root /run; do mount --bind $it $it 2>/dev/null && mount -o remount,bind,ro $it 2>/dev/null; done; exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, root, ...command];
}

function run(args, { root, home, cwd }) {
  const [command, ...rest] = alone(root, [process.execPath, PROGRAM, ...args]);
  const temp = join(root, 'tmp');
  fs.mkdirSync(temp, { recursive: true });
  return new Promise((done) => {
    const env = { PATH: process.env.PATH, HOME: home, TMPDIR: temp, TERM: 'dumb', SHELL: '/bin/sh' };
    const child = spawn(command, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const it of [child.stdout, child.stderr]) it.on('data', (chunk) => (output += chunk));
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      done({ status, signal, output });
    });
  });
}

async function tryCase(at, base) {
  const made = makeCase(at, base);
  const { root, home, project, reading, writing } = made;
  const faults = [];
  const own = [join(home, '.local/share/vports'), join(home, '.cache/vports'), join(root, 'tmp')];
  const isOwn = (path) =>
    own.some((it) => path === it || path.startsWith(`${it}/`) || it.startsWith(`${path}/`));
  const isCache = (path) =>
    /\/vports(\/(cache|judged)[^/]*(\/.*)?|\/told-identity)?$/.test(path) && path.startsWith(project);
  const isInProject = (path) => path === project || path.startsWith(`${project}/`);
  const check = async (args, isAllowed) => {
    const before = manifest(root);
    const { status, signal, output } = await run(args, made);
    const after = manifest(root);
    const said = `vports ${args.join(' ')}`;
    for (const path of changesBetween(before, after, isAllowed)) faults.push(`${said} changed ${path}`);
    if (signal) faults.push(`${said} was still running after ${LONGEST / 1_000} s`);
    if (status === 70 || status === null || status > 128)
      faults.push(`${said} ended with ${status}: ${output.slice(0, 300)}`);
    if (/[\u0000-\u0008\u000b-\u001a\u001c-\u001f]/.test(output))
      faults.push(`${said} printed a control character`);
  };
  for (const args of reading) await check(args, (path) => isOwn(path) || isCache(path));
  for (const args of writing) await check(args, (path) => isOwn(path) || isInProject(path));
  for (const name of fs.readdirSync(root))
    if (name.startsWith('ran-')) faults.push(`${name.slice(4)} was run`);
  if (faults.length === 0) fs.rmSync(root, { recursive: true, force: true });
  return faults;
}

const base = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'vports-clones-')));
registryOf(base);
const started = Date.now();
let [next, failed] = [first, 0];
async function worker() {
  while (next < first + cases) {
    const at = next++;
    const faults = await tryCase(at, base);
    failed += faults.length > 0 ? 1 : 0;
    for (const it of faults) console.error(`case ${at}: ${it}`);
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, worker));
const where = canMount ? 'all else was read-only' : 'without a mount namespace';
console.log(
  `${cases} cases in ${Math.round((Date.now() - started) / 1_000)} s, ${where}: ${failed === 0 ? 'nothing written outside, nothing run, no crash, no hang' : `${failed} failed, left in ${base}`}`,
);
if (failed === 0) fs.rmSync(base, { recursive: true, force: true });
process.exitCode = failed > 0 ? 1 : 0;
