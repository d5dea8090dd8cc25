import { existsSync, mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Objects } from '../../src/log/git/objects.js';
import { openRepository, privateFolder } from '../../src/log/git/repository.js';
import { WriterLock } from '../../src/log/lock/writer-lock.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';
import { Terminal } from '../support/terminal.js';

describe('what killed writers leave', () => {
  test('is named by doctor and removed by the next write; what is not theirs stays', async () => {
    const path = await newRegistry({ bare: true });
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
    const left = [
      put(join(path, 'objects/tmp_obj_123_abc'), ''),
      put(join(path, 'objects/tmp_objdir-vports-x/pack/pack-1.pack'), 'x'),
      put(join(path, `objects/pack/pack-${'a'.repeat(40)}.keep`), 'vports: until its ref has moved\n'),
      put(join(path, 'vports/tmp_obj_123_def'), ''),
      put(join(path, 'vports/locks/tmp_obj_123_ghi'), ''),
      put(join(path, `vports/writer.${'0'.repeat(24)}`), ''),
      put(join(path, `vports/writer.lock.${'1'.repeat(24)}`), ''),
    ];
    const others = [
      put(join(path, `objects/pack/pack-${'b'.repeat(40)}.keep`), 'a person keeps this\n'),
      put(join(path, 'objects/tmp_objdir-incoming-x/x'), 'a push is on its way'),
    ];
    const { findings } = JSON.parse((await vports(['doctor', '--json'])).stdout);
    expect(findings).toContainEqual(expect.objectContaining({ code: 'TEMPORARY_FILES', fixable: true }));
    expect((await vports(['allocate', 'web'])).status).toBe(0);
    expect(left.filter((it) => existsSync(it))).toEqual([]);
    expect(others.filter((it) => !existsSync(it))).toEqual([]);
  });

  test('in the folders of this user too', async () => {
    const path = await newRegistry({ bare: true });
    const home = temporaryFolder();
    const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
    await vports(['allocate', 'web']);
    const folder = join(home, '.local/share/vports/registries');
    const left = put(join(folder, 'tmp_obj_4194999_abc'), '');
    const writing = put(join(folder, `tmp_obj_${process.pid}_abc`), '');
    const inContainer = put(join(folder, 'tmp_obj_4194999_def'), '');
    const hourAgo = new Date(Date.now() - 3_600_000);
    for (const path of [left, writing]) utimesSync(path, hourAgo, hourAgo);
    expect((await vports(['allocate', 'api'])).status).toBe(0);
    expect([left, writing, inContainer].map((it) => existsSync(it))).toEqual([false, true, true]);
  });
});

test('new objects outlast a git that repacks, until a ref has them or nobody will', async () => {
  const path = await newRegistry({ bare: true });
  for (const count of [3, 300]) {
    const objects = new Objects(path);
    for (let index = 0; index < count; index++) objects.stage('blob', Buffer.from(`${count} ${index}\n`));
    await objects.flush();
    git(path, 'repack', '-adq');
    expect([count, objects.areThere()]).toEqual([count, true]);
    if (count === 300) objects.letGo();
    objects.close();
  }
  git(path, 'repack', '-adq');
  const gone = new Objects(path);
  const oid = gone.stage('blob', Buffer.from('gone\n'));
  await gone.flush();
  git(path, 'prune', '--expire=now');
  expect([oid.length, gone.areThere()]).toEqual([40, false]);
  fsck(path);
});

testWith('script')('who waits at a terminal is told for whom', async () => {
  const path = await newRegistry({ bare: true });
  const home = temporaryFolder();
  mkdirSync(privateFolder(openRepository(path)), { recursive: true });
  const lock = await WriterLock.acquire(privateFolder(openRepository(path)), 1_000);
  const terminal = Terminal.startVports(`allocate web --registry '${path}'`, {
    cwd: home,
    env: { HOME: home, TERM: 'xterm', GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@x' },
  });
  await terminal.shows(`waiting for process ${process.pid} on `);
  lock.release();
  await terminal.ended();
  expect(terminal.screen).toContain('30000');
});
