import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRepository } from '../../../../src/log/git/repository.js';
import { diagnoseRepository } from '../../../../src/log/inspect/index.js';
import { setTrust } from '../../../../src/registry/locate/trust.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { eventFiles, fsck, git } from '../../../support/git.js';
import { ADA, allocated, NOON } from '../../../support/given.js';
import { undoneCommit } from '../../../support/interrupted-write.js';
import { MAIN, newRegistry, openLog } from '../../../support/registries.js';

const PATH = 'events/tcp/25xxx/250xx/25000/0001.json';

async function allocate(path: string): Promise<void> {
  await openLog(path).exclusively(async () => undefined);
  const log = openLog(path);
  await log.exclusively(() => log.append({ events: [allocated(25000, 'r25000')], by: ADA, at: NOON }));
  await log.close();
}

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
  /** Of a commit that adds `file`, which the branch does not have yet. */
  const sound = (path: string, file = 'planted') => {
    put(join(path, file), 'planted');
    git(path, 'add', file);
    git(path, 'commit', '-qm', 'planted');
    return undoneCommit(path, file);
  };

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
  const before = (path: string) => {
    const [file] = sound(path).files;
    return { files: [{ ...file, before: git(path, 'rev-parse', 'HEAD:policy.json') }] };
  };
  const users = (path: string, where: 'index' | 'worktree') => {
    const [file] = sound(path).files;
    const [old, after] = ['HEAD:.gitattributes', 'HEAD:policy.json'].map((it) => git(path, 'rev-parse', it));
    return { files: [{ ...file, [where]: { before: old, after } }] };
  };
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
    ['an object that is not there', () => ({ next: OID })],
    ['a file that its commit has not', (path) => outside(path, 'other')],
    ['a file with other bytes than its commit has', (path) => outside(path, 'planted')],
    ['other bytes before it than the branch had', (path) => before(path)],
    ['more in a work tree than its commit changes', (path) => users(path, 'worktree')],
    ['more in an index than its commit changes', (path) => users(path, 'index')],
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
    put(join(path, '.git/vports/journal.json'), JSON.stringify(sound(path, 'linked/planted')));
    mkdirSync(elsewhere);
    symlinkSync(elsewhere, join(path, 'linked'));
    await expect(openLog(path).exclusively(async () => undefined)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

describe('the place where a journal would write', () => {
  const PLANTED = 'planted';

  /** Of the work tree of `path`, whose git directory is elsewhere; left there as a killed writer leaves it. */
  async function interrupted(path: string): Promise<{ registry: string; gitdir: string; linked: string }> {
    const gitdir = git(path, 'rev-parse', '--absolute-git-dir');
    const common = resolve(path, git(path, 'rev-parse', '--git-common-dir'));
    const [old, branch] = [git(path, 'rev-parse', 'HEAD'), git(path, 'symbolic-ref', 'HEAD')];
    put(join(path, PLANTED), 'planted');
    git(path, 'add', PLANTED);
    git(path, 'commit', '-qm', 'planted');
    const [next, after] = [git(path, 'rev-parse', 'HEAD'), git(path, 'rev-parse', `HEAD:${PLANTED}`)];
    git(path, 'reset', '-q', '--hard', old);
    const linked = gitdir === common ? '' : basename(gitdir);
    const files = [{ path: PLANTED, after }];
    const reflog = `${old} ${next} x <x> 0 +0000\tx\n`;
    const journal = { version: 1, worktree: linked, ref: branch, old, next, reflog, files };
    put(join(common, 'vports/journal.json'), JSON.stringify(journal));
    return { registry: path, gitdir, linked };
  }

  async function settled(path: string, ref = MAIN): Promise<boolean> {
    await openLog(path, ref).exclusively(async () => undefined);
    return existsSync(join(path, PLANTED));
  }

  test('is written to where it is a linked work tree that names the repository', async () => {
    const main = await newRegistry({ bare: true });
    const path = join(temporaryFolder(), 'linked');
    git(main, 'worktree', 'add', '-q', '-b', 'other', path);
    await interrupted(path);
    expect(await settled(path, 'refs/heads/other')).toBe(true);
  });

  test('is written to where it is a submodule of the repository around it', async () => {
    const [around, module] = [temporaryFolder(), await newRegistry({ bare: true })];
    git(around, 'init', '-q');
    git(around, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', module, 'ports');
    const path = join(around, 'ports');
    await interrupted(path);
    expect(await settled(path)).toBe(true);
  });

  test('is refused where only the git directory and a file of the folder say so, until the user trusts it', async () => {
    const path = await newRegistry({ bare: false });
    const gitdir = join(temporaryFolder(), 'elsewhere.git');
    renameSync(join(path, '.git'), gitdir);
    put(join(path, '.git'), `gitdir: ${gitdir}\n`);
    await interrupted(path);
    await expect(settled(path)).rejects.toMatchObject({
      code: 'NOT_TRUSTED',
      details: { trust: path, files: [join(path, PLANTED)] },
    });
    expect(existsSync(join(path, PLANTED))).toBe(false);
    const found = await diagnoseRepository(openRepository(path));
    expect(found).toContainEqual(
      expect.objectContaining({
        code: 'NOT_TRUSTED',
        message: expect.stringContaining(`it would write ${join(path, PLANTED)}`),
        hint: expect.stringContaining(`vports trust ${path}`),
      }),
    );
    setTrust(path, true);
    expect(await settled(path)).toBe(true);
  });
});
