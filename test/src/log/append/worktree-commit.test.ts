import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { put, temporaryFolder } from '../../../support/folders.js';
import { eventFiles, fsck, git } from '../../../support/git.js';
import { ADA, allocated, NOON } from '../../../support/given.js';
import { newRegistry, openLog } from '../../../support/registries.js';

const PATH = 'events/tcp/25xxx/250xx/25000/0001.json';

async function allocate(path: string, port = 25000, ref = 'refs/heads/main'): Promise<void> {
  const log = openLog(path, ref);
  await log.state();
  await log.exclusively(() => log.append({ events: [allocated(port, `r${port}`)], by: ADA, at: NOON }));
  await log.close();
}

describe('a checked-out registry', () => {
  test('has the event in commit, index and folder, and git has nothing to say', async () => {
    const path = await newRegistry({ bare: false });
    await allocate(path);
    expect(existsSync(join(path, PATH))).toBe(true);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(git(path, 'reflog', '-1', '--format=%gs')).toBe('vports: allocate 25000/tcp to r25000');
    expect(git(path, 'log', '-1', '--format=%an <%ae> %aI')).toMatch(
      /^Ada Lovelace <ada@example.com> 2026-11-01T/,
    );
    fsck(path);
  });

  test('keeps what the user has staged, changed and not yet added', async () => {
    const path = await newRegistry({ bare: false });
    put(join(path, 'README.md'), 'changed, not staged\n');
    put(join(path, 'staged.txt'), 'staged\n');
    git(path, 'add', 'staged.txt');
    put(join(path, 'staged.txt'), 'staged, and changed again\n');
    put(join(path, 'new.txt'), 'new\n');
    const before = git(path, 'status', '--porcelain');
    await allocate(path);
    expect(git(path, 'status', '--porcelain')).toBe(before);
    expect(git(path, 'show', ':staged.txt')).toBe('staged');
    expect(git(path, 'show', '--format=', '--name-only', 'HEAD')).toBe(PATH);
  });

  test('on an index of version 4 works as on one of version 2', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'update-index', '--index-version=4');
    await allocate(path);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  test.each([
    ['a merge', (path: string) => put(join(path, '.git/MERGE_HEAD'), git(path, 'rev-parse', 'HEAD'))],
    ['a rebase', (path: string) => put(join(path, '.git/rebase-merge/head-name'), 'refs/heads/main')],
    [
      'a cherry-pick',
      (path: string) => put(join(path, '.git/CHERRY_PICK_HEAD'), git(path, 'rev-parse', 'HEAD')),
    ],
    ['a revert', (path: string) => put(join(path, '.git/REVERT_HEAD'), git(path, 'rev-parse', 'HEAD'))],
  ])('with %s under way is left alone, and that is named', async (what, begin) => {
    const path = await newRegistry({ bare: false });
    begin(path);
    await expect(allocate(path)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(`${what} is under way`),
    });
    expect(eventFiles(path)).toEqual([]);
    expect(existsSync(join(path, '.git/index.lock'))).toBe(false);
  });

  test('with a file of the user in the place of the event refuses and keeps the file', async () => {
    const path = await newRegistry({ bare: false });
    put(join(path, PATH), 'mine\n');
    await expect(allocate(path)).rejects.toMatchObject({
      code: 'CONFLICT',
      details: { path: join(path, PATH) },
    });
    expect(readFileSync(join(path, PATH), 'utf8')).toBe('mine\n');
    expect(eventFiles(path)).toEqual([]);
    rmSync(join(path, PATH));
    await allocate(path);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  test('with a policy.json that has changes of the user refuses to write over them', async () => {
    const path = await newRegistry({ bare: false });
    put(join(path, 'policy.json'), '{}\n');
    const log = openLog(path);
    const content = await log.policySource();
    const change = log.exclusively(() =>
      log.append({
        events: [],
        by: ADA,
        at: NOON,
        files: [{ path: 'policy.json', content: `${content}\n` }],
        subject: 'x',
      }),
    );
    await expect(change).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('policy.json'),
    });
    expect(readFileSync(join(path, 'policy.json'), 'utf8')).toBe('{}\n');
  });

  test.each<[string, (path: string) => void]>([
    ['of version 4', (path) => git(path, 'update-index', '--index-version=4')],
    [
      'of version 4 that, but for its number, could be one of version 2',
      (path) => {
        git(path, 'read-tree', '--empty');
        put(join(path, 'a'), '');
        git(path, 'add', 'a');
        git(path, 'update-index', '--index-version=4');
      },
    ],
    ['that is split in two files', (path) => git(path, 'update-index', '--split-index')],
  ])('on an index %s is left alone where no git is there to edit it, and that is named', async (_, make) => {
    const path = await newRegistry({ bare: false });
    make(path);
    const index = readFileSync(join(path, '.git/index'));
    vi.stubEnv('PATH', temporaryFolder());
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(allocate(path)).rejects.toMatchObject({
      code: 'UNSUPPORTED_REPOSITORY',
      details: { path: join(path, '.git/index') },
    });
    vi.unstubAllEnvs();
    expect(readFileSync(join(path, '.git/index')).equals(index)).toBe(true);
    expect([eventFiles(path), existsSync(join(path, PATH))]).toEqual([[], false]);
  });

  test('waits for a git at work', async () => {
    const path = await newRegistry({ bare: false });
    const lock = put(join(path, '.git/index.lock'), '');
    const allocation = allocate(path);
    let done = false;
    void allocation.then(() => {
      done = true;
    });
    while (!existsSync(join(path, '.git/vports/index.mark'))) await new Promise((next) => setImmediate(next));
    expect(done).toBe(false);
    rmSync(lock);
    await allocation;
    expect(eventFiles(path)).toEqual([PATH]);
  });

  test('takes the same care of a branch that a linked worktree has checked out', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'worktree', 'add', '-q', '-b', 'feature', `${path}-feature`);
    await allocate(path, 25000, 'refs/heads/feature');
    expect(existsSync(join(`${path}-feature`, PATH))).toBe(true);
    expect(git(`${path}-feature`, 'status', '--porcelain')).toBe('');
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(eventFiles(path)).toEqual([]);
  });

  test('takes the same care of the branch of a bare repository that a worktree has checked out', async () => {
    const path = await newRegistry({ bare: true });
    git(path, 'worktree', 'add', '-q', `${path}-tree`, 'main');
    await allocate(path);
    expect(existsSync(join(`${path}-tree`, PATH))).toBe(true);
    expect(git(`${path}-tree`, 'status', '--porcelain')).toBe('');
  });

  test('has what a push into it brings, in the folder too', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'clone', '-q', path, `${path}-clone`);
    await allocate(`${path}-clone`);
    git(`${path}-clone`, 'push', '-q', 'origin', 'main');
    expect(existsSync(join(path, PATH))).toBe(true);
    expect((await openLog(path).state()).holdings.size).toBe(1);
  });
});

describe('a branch that is checked out somewhere else than usual', () => {
  test('gets the same care where the registry is named by its git directory', async () => {
    const path = await newRegistry({ bare: false });
    await allocate(join(path, '.git'));
    expect(existsSync(join(path, PATH))).toBe(true);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  test('is refused where nothing tells in which folder', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'clone', '-q', '--separate-git-dir', `${path}.git`, path, `${path}-apart`);
    expect(() => openLog(`${path}.git`)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_REPOSITORY' }));
    await allocate(`${path}-apart`);
    expect(git(`${path}-apart`, 'status', '--porcelain')).toBe('');
  });

  test('gets the same care in a submodule, from a linked worktree of it', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'init', '-q', '-b', 'main', `${path}-super`);
    git(`${path}-super`, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', path, 'ports');
    git(`${path}-super/ports`, 'worktree', 'add', '-q', '-b', 'side', `${path}-side`);
    await allocate(`${path}-side`, 25000, 'refs/heads/main');
    expect(existsSync(join(`${path}-super/ports`, PATH))).toBe(true);
    expect(git(`${path}-super/ports`, 'status', '--porcelain')).toBe('');
  });

  test('is found by a relative pointer, and passed over where its folder has gone', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'worktree', 'add', '-q', '-b', 'near', `${path}-near`);
    git(path, 'worktree', 'add', '-q', '-b', 'gone', `${path}-gone`);
    put(join(path, '.git/worktrees/ports-near/gitdir'), '../../../../ports-near/.git\n');
    rmSync(`${path}-gone`, { recursive: true });
    await allocate(path, 25000, 'refs/heads/near');
    expect(git(`${path}-near`, 'status', '--porcelain')).toBe('');
    await allocate(path, 25000, 'refs/heads/gone');
    expect(existsSync(`${path}-gone`)).toBe(false);
  });
});

test('nothing is written through a link that stands in the place of a folder', async () => {
  const path = await newRegistry({ bare: false });
  put(join(`${path}-outside`, 'keep'), '');
  mkdirSync(join(path, 'events/tcp'), { recursive: true });
  symlinkSync(`${path}-outside`, join(path, 'events/tcp/25xxx'));
  await expect(allocate(path)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('events/tcp/25xxx'),
  });
  git(path, 'add', '-A');
  git(path, 'commit', '-q', '-m', 'a link');
  await expect(allocate(path)).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  expect(readdirSync(`${path}-outside`)).toEqual(['keep']);
});

describe('two clones', () => {
  async function twoBranches(first: number, second: number) {
    const path = await newRegistry({ bare: false });
    git(path, 'branch', 'other');
    git(path, 'clone', '-q', path, `${path}-clone`);
    git(`${path}-clone`, 'switch', '-q', 'other');
    await allocate(path, first);
    await allocate(`${path}-clone`, second, 'refs/heads/other');
    git(path, 'fetch', '-q', `${path}-clone`, 'other');
    return path;
  }

  test('that each take the same port on a branch: git merge refuses, with an add/add conflict on that one file', async () => {
    const path = await twoBranches(25000, 25000);
    expect(() => git(path, 'merge', '-q', '--no-edit', 'FETCH_HEAD')).toThrow();
    expect(git(path, 'status', '--porcelain')).toBe(`AA ${PATH}`);
  });

  test('that take different ports merge clean, and the merge has both', async () => {
    const path = await twoBranches(25000, 25001);
    git(path, 'merge', '-q', '--no-edit', 'FETCH_HEAD');
    expect(eventFiles(path)).toHaveLength(2);
    expect((await openLog(path).state()).holdings.size).toBe(2);
    fsck(path);
  });
});

/** Reads a registry, and holds that no file of it changes by that. */
async function read(path: string): Promise<void> {
  const before = manifest(path);
  await openLog(path).state();
  expect(manifest(path)).toEqual(before);
}

function manifest(path: string): [string, string][] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name))
    .sort()
    .map((file) => [file, readFileSync(file, 'latin1')]);
}

describe('a commit that a killed writer has begun', () => {
  /** All of it is there but the step from its journal on, and this stands in the place of its file. */
  async function begun(journal: 'journal' | 'journal-undo', found: (event: string) => string) {
    const path = await newRegistry({ bare: false });
    const old = git(path, 'rev-parse', 'HEAD');
    await allocate(path);
    const [next, after] = [git(path, 'rev-parse', 'HEAD'), git(path, 'rev-parse', `HEAD:${PATH}`)];
    const event = readFileSync(join(path, PATH), 'utf8');
    git(path, 'reset', '-q', '--hard', old);
    const reflog = `${old} ${next} x <x> 0 +0000\tx\n`;
    const files = [{ path: PATH, after }];
    put(
      join(path, `.git/vports/${journal}.json`),
      JSON.stringify({ version: 1, worktree: '', ref: 'refs/heads/main', old, next, reflog, files }),
    );
    put(join(path, PATH), found(event));
    await read(path);
    await openLog(path).exclusively(async () => undefined);
    const file = existsSync(join(path, PATH)) ? readFileSync(join(path, PATH), 'utf8') : undefined;
    return { event, file, events: eventFiles(path), status: git(path, 'status', '--porcelain', '-uall') };
  }

  test.each([
    ['is empty, as a power cut leaves it', () => ''],
    ['is as it was written', (event: string) => event],
  ])('is completed, file and all, where the file %s', async (_, found) => {
    const { event, ...after } = await begun('journal', found);
    expect(after).toEqual({ file: event, events: [PATH], status: '' });
  });

  test('is completed beside a file that the user has changed since', async () => {
    const { event: _, ...after } = await begun('journal', () => 'mine\n');
    expect(after).toEqual({ file: 'mine\n', events: [PATH], status: ` M ${PATH}` });
  });

  test('is taken back, file and all, where it had failed', async () => {
    const { event: _, ...after } = await begun('journal-undo', (event) => event);
    expect(after).toEqual({ file: undefined, events: [], status: '' });
  });

  test('is taken back beside a file that the user has changed since', async () => {
    const { event: _, ...after } = await begun('journal-undo', () => 'mine\n');
    expect(after).toEqual({ file: 'mine\n', events: [], status: `?? ${PATH}` });
  });
});

describe('a journal that vports would not have written', () => {
  const OID = 'a'.repeat(40);
  const sound = (path: string) => ({
    version: 1,
    worktree: '',
    ref: 'refs/heads/main',
    old: git(path, 'rev-parse', 'HEAD'),
    next: git(path, 'rev-parse', 'HEAD'),
    reflog: `${OID} ${OID} x <x> 0 +0000\tx\n`,
    files: [{ path: 'planted', after: git(path, 'rev-parse', 'HEAD:policy.json') }],
  });

  test('a sound one, to compare: it is followed by the next write, and by nobody who reads', async () => {
    const path = await newRegistry({ bare: false });
    put(join(path, '.git/vports/journal.json'), JSON.stringify(sound(path)));
    await read(path);
    expect(existsSync(join(path, 'planted'))).toBe(false);
    await allocate(path);
    expect(existsSync(join(path, 'planted'))).toBe(true);
  });

  describe.runIf(process.getuid?.() === 0)('by its owner', () => {
    const [STRANGER, GROUP] = [34_567, 2_345];
    const left = (path: string, { uid, gid = uid }: { uid: number; gid?: number }) => {
      const journal = put(join(path, '.git/vports/journal.json'), JSON.stringify(sound(path)));
      chownSync(journal, uid, gid);
    };
    const isFollowed = async (path: string) => {
      await allocate(path);
      return existsSync(join(path, 'planted'));
    };

    test('a stranger: it is set aside', async () => {
      const path = await newRegistry({ bare: false });
      left(path, { uid: STRANGER });
      expect(await isFollowed(path)).toBe(false);
      expect(existsSync(join(path, '.git/vports/journal.refused'))).toBe(true);
    });

    test('the owner of the repository: it is followed', async () => {
      const path = await newRegistry({ bare: false });
      left(path, { uid: STRANGER });
      chownSync(join(path, '.git'), STRANGER, STRANGER);
      expect(await isFollowed(path)).toBe(true);
    });

    test.each([
      ['group', true],
      ['0660', true],
      ['umask', false],
      ['false', false],
    ])('somebody of its group, in a repository shared as %s', async (shared, expected) => {
      const path = await newRegistry({ bare: false });
      git(path, 'config', 'core.sharedRepository', shared);
      chownSync(join(path, '.git'), 0, GROUP);
      left(path, { uid: STRANGER, gid: GROUP });
      expect(await isFollowed(path)).toBe(expected);
    });

    test('somebody of another group, in a repository shared by a group', async () => {
      const path = await newRegistry({ bare: false });
      git(path, 'config', 'core.sharedRepository', 'group');
      chownSync(join(path, '.git'), 0, GROUP);
      left(path, { uid: STRANGER, gid: GROUP + 1 });
      expect(await isFollowed(path)).toBe(false);
    });
  });

  const outside = (path: string, name: string) => ({
    files: [{ path: name, after: git(path, 'rev-parse', 'HEAD:policy.json') }],
  });
  test.each<[string, (path: string) => object]>([
    ['another version', () => ({ version: 2 })],
    ['a key too many', () => ({ run: 'touch planted' })],
    ['a work tree by its path', () => ({ worktree: '../../victim' })],
    ['a work tree that is not there', () => ({ worktree: 'nobody' })],
    ['a ref outside of refs', () => ({ ref: '../../../planted' })],
    ['a ref of another kind', () => ({ ref: 'refs/tags/x' })],
    ['a ref that leads up', () => ({ ref: 'refs/heads/../../planted' })],
    ['a file above', (path) => outside(path, '../planted')],
    ['a file from the root', (path) => outside(path, '/tmp/planted')],
    ["a hook of git's", (path) => outside(path, '.git/hooks/post-commit')],
    ["a hook of git's, in other letters", (path) => outside(path, 'x/.GIT/hooks/post-commit')],
    ['a reflog of two lines', () => ({ reflog: `${OID} ${OID} x\n${OID} ${OID} y\n` })],
    ['an object that is none', () => ({ next: 'HEAD' })],
  ])('%s: it is read past, set aside by the next write, and nothing else comes of it', async (_, edit) => {
    const path = await newRegistry({ bare: false });
    const journal = join(path, '.git/vports/journal.json');
    put(journal, JSON.stringify({ ...sound(path), ...edit(path) }));
    await openLog(path).state();
    expect(existsSync(journal)).toBe(true);
    await allocate(path);
    expect(existsSync(journal)).toBe(false);
    expect(existsSync(join(path, '.git/vports/journal.refused'))).toBe(true);
    expect(git(path, 'status', '--porcelain')).toBe('');
    for (const planted of ['planted', '../planted', '.git/hooks/post-commit', '../victim'])
      expect(existsSync(join(path, planted))).toBe(false);
    fsck(path);
  });

  test.each(['', '{', 'null', '[]'])('the text %j', async (text) => {
    const path = await newRegistry({ bare: false });
    put(join(path, '.git/vports/journal.json'), text);
    await openLog(path).state();
    await allocate(path);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  test('through a link in the work tree writes nothing there', async () => {
    const path = await newRegistry({ bare: false });
    const elsewhere = join(path, '../elsewhere');
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(path, 'linked'));
    put(
      join(path, '.git/vports/journal.json'),
      JSON.stringify({ ...sound(path), ...outside(path, 'linked/planted') }),
    );
    await expect(openLog(path).exclusively(async () => undefined)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});
