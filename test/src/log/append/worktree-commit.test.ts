import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
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
      message: expect.stringContaining(`${what} is in progress`),
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
