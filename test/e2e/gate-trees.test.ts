import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const FIRST = 'events/tcp/26xxx/264xx/26401/0001.json';

/** A registry with a port on main, and a branch `topic` that is checked out. */
async function registry() {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web', '--port', '26401']);
  git(path, 'switch', '-qc', 'topic');
  return { path, vports, gate: () => gated(vports) };
}

/** A monorepo with a registry in `ports`, on a branch `topic`. */
async function monorepo() {
  const home = temporaryFolder();
  const path = join(home, 'mono');
  git(home, 'init', '-q', '-b', 'main', 'mono');
  put(join(path, 'policy.json'), '{"retention": "30d"}\n');
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', 'x');
  const vports = runner(home, { cwd: path });
  await vports(['init', '--in-repo']);
  git(path, 'switch', '-qc', 'topic');
  return { path, vports, gate: () => gated(vports) };
}

async function gated(vports: ReturnType<typeof runner>) {
  const run = await vports(['verify', '--base', 'main', '--json']);
  const { ok, problems = [], warnings = [], error } = JSON.parse(run.stdout);
  const found = (problems as { code: string; path: string }[]).map((it) => [it.code, it.path]);
  return { ok, error, found, warnings: (warnings as { message: string }[]).map(({ message }) => message) };
}

function commitAll(path: string): void {
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', 'x');
}

/** A commit on the branch whose tree has these raw entries beside its own; git would not write such a tree. */
function commitTree(path: string, change: (entries: Buffer[]) => Buffer[], folder = ''): void {
  const read = (tree: string) => {
    const raw = execFileSync('git', ['-C', path, 'cat-file', 'tree', tree]);
    const entries: Buffer[] = [];
    for (let at = 0; at < raw.length; ) {
      const end = raw.indexOf(0, at) + 21;
      entries.push(raw.subarray(at, end));
      at = end;
    }
    return entries;
  };
  const write = (entries: Buffer[]) =>
    execFileSync('git', ['-C', path, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
      input: Buffer.concat(entries),
      encoding: 'utf8',
    }).trim();
  const inside = (tree: string, names: string[]): string => {
    const [name, ...rest] = names;
    if (name === undefined) return write(change(read(tree)));
    const below = inside(git(path, 'rev-parse', `${tree}:${name}`), rest);
    const entry = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(below, 'hex')]);
    return write(read(tree).map((it) => (it.includes(`40000 ${name}\0`) ? entry : it)));
  };
  const tree = inside(git(path, 'rev-parse', 'HEAD^{tree}'), folder.split('/').filter(Boolean));
  const commit = git(path, 'commit-tree', '-p', 'HEAD', '-m', 'x', tree);
  git(path, 'update-ref', 'refs/heads/topic', commit);
}

describe('a tree in which readers see different things is BAD_TREE', () => {
  const STREAM = 'events/tcp/26xxx/264xx/26401';
  const copyOf = (entry: Buffer, name: string) => {
    const old = entry.subarray(0, entry.indexOf(0)).toString('latin1').split(' ');
    return Buffer.concat([Buffer.from(`${old[0]} ${name}\0`), entry.subarray(entry.indexOf(0) + 1)]);
  };
  const none = (name: string) => Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.alloc(20)]);

  test.each<[string, (entries: Buffer[]) => Buffer[], string]>([
    ['an event twice', (all) => [...all, copyOf(all[0]!, '0001.json')], STREAM],
    ['events twice', (all) => all.flatMap((it) => (it.includes(' events\0') ? [it, it] : [it])), ''],
    ['entries out of order', (all) => [...all].reverse(), ''],
    ['a folder called ..', (all) => [copyOf(all[0]!, '..'), ...all], ''],
    ['a file called .GIT', (all) => [copyOf(all[0]!, '.GIT'), ...all], ''],
    ['a file called git~1', (all) => [...all.slice(0, 3), copyOf(all[0]!, 'git~1'), ...all.slice(3)], ''],
    ['a file without an object', (all) => [...all, none('zz')], ''],
  ])('%s', async (_, change, folder) => {
    const { path, vports, gate } = await registry();
    commitTree(path, change, folder);
    const { ok, found } = await gate();
    expect(ok).toBe(false);
    expect(found.map(([code]) => code)).toContain('BAD_TREE');
    const whole = JSON.parse((await vports(['verify', '--json'])).stdout);
    expect((whole.problems as { code: string }[]).map(({ code }) => code)).toContain('BAD_TREE');
  });
});

describe('a path that only some file systems tell from a sound one is a problem', () => {
  test.each([
    'Events/tcp/26xxx/264xx/26402/0001.json',
    'EVENTS',
    'events./x',
    'e\u200bvents/x',
    'Policy.json',
    'POLICY.JSON',
    'Allowed_Signers',
    'ｐolicy.json',
    'events/TCP/26xxx/264xx/26402/0001.json',
    'events/tcp/26xxx/264xx/26401/0002.JSON',
  ])('%s', async (name) => {
    const { path, gate } = await registry();
    put(join(path, name), '{}');
    commitAll(path);
    const { ok, found } = await gate();
    expect(ok).toBe(false);
    expect(found.some(([code, at]) => code === 'PATH_MISMATCH' && name.startsWith(at!.split('/')[0]!))).toBe(
      true,
    );
  });

  test('beside the folder of a registry in a monorepo too', async () => {
    const { path, gate } = await monorepo();
    put(join(path, 'Ports/policy.json'), '{}');
    commitAll(path);
    expect((await gate()).found).toContainEqual(['PATH_MISMATCH', 'Ports']);
  });
});

describe('the range that an event names', () => {
  const claim = async (range: string) => {
    const { path, vports, gate } = await registry();
    await vports(['allocate', 'api', '--port', '26402']);
    const file = join(path, FIRST.replaceAll('26401', '26402'));
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/"range": "security"/);
    writeFileSync(file, text.replace('"range": "security"', `"range": ${JSON.stringify(range)}`));
    git(path, 'commit', '-qa', '--amend', '--no-edit');
    return { path, vports, gate };
  };

  test.each(['nonsense', 'business'])('is refused where no policy has the port in it: %s', async (range) => {
    const { gate } = await claim(range);
    expect((await gate()).found).toEqual([['OUT_OF_RANGE', FIRST.replaceAll('26401', '26402')]]);
  });

  test('is sound where the policy has since called it something else', async () => {
    const { path, vports, gate } = await claim('security');
    git(path, 'switch', '-q', 'main');
    const policy = join(path, 'policy.json');
    writeFileSync(policy, readFileSync(policy, 'utf8').replace('"id": "security"', '"id": "guard"'));
    git(path, 'commit', '-qam', 'another name');
    git(path, 'switch', '-q', 'topic');
    expect(await gate()).toMatchObject({ ok: true });
    git(path, 'merge', '-q', '--no-edit', 'main');
    expect(await gate()).toMatchObject({ ok: true });
    expect(JSON.parse((await vports(['verify', '--json'])).stdout)).toMatchObject({ ok: true });
  });
});

describe('what decides is named first, and all of it', () => {
  test('among a thousand files that change too', async () => {
    const { path, vports, gate } = await registry();
    for (let it = 0; it < 1_000; it++) put(join(path, `a/${it}`), 'x');
    const deciding = [
      '.github/workflows/x.yml',
      '.gitlab-ci.yml',
      'zz/CODEOWNERS',
      'zz/.gitattributes',
      '.gitmodules',
      '.husky/pre-commit',
      'z/Jenkinsfile',
      '.woodpecker/x.yml',
      'allowed_signers',
      '.mailmap',
    ];
    for (const name of deciding) put(join(path, name), 'x');
    commitAll(path);
    const { warnings } = await gate();
    for (const name of deciding)
      expect(warnings.join('\n')).toContain(`${name} changes too: it controls who may change what`);
    expect(warnings.at(-1)).toBe('950 more files change too');
    const { notes } = JSON.parse((await vports(['review', 'main', '--json'])).stdout) as { notes: string[] };
    expect(notes.slice(0, deciding.length).every((it) => it.includes('it controls'))).toBe(true);
  });

  test('in a monorepo that of its root too', async () => {
    const { path, vports } = await monorepo();
    put(join(path, '.github/workflows/x.yml'), 'on: push\n');
    put(join(path, 'CODEOWNERS'), '* @mallory\n');
    put(join(path, 'src/main.ts'), 'x');
    commitAll(path);
    await vports(['allocate', 'web']);
    const { notes } = JSON.parse((await vports(['review', 'main', '--json'])).stdout) as { notes: string[] };
    expect(notes).toEqual([
      '.github/workflows/x.yml changes too: it controls who may change what, or what runs',
      'CODEOWNERS changes too: it controls who may change what, or what runs',
    ]);
  });
});

test('a policy.json at the root of a monorepo is not the registry’s', async () => {
  const { path, vports, gate } = await monorepo();
  expect((await vports(['allocate', 'web'])).status).toBe(0);
  expect(await gate()).toMatchObject({ ok: true });
  git(path, 'switch', '-q', 'main');
  put(join(path, 'policy.json'), '{"retention": "60d"}\n');
  commitAll(path);
  git(path, 'switch', '-q', 'topic');
  expect(await gate()).toMatchObject({ ok: true });
  await vports(['policy', 'set', 'ranges.security.to', '26300', '-y']);
  put(join(path, 'policy.json'), '{"retention": "90d"}\n');
  commitAll(path);
  expect(await gate()).toMatchObject({ ok: true });
});
