import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Objects } from '../../../../src/log/git/objects.js';
import { temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';

/** Where an object is read from: its own file, a pack by git, a pack by isomorphic-git. */
const PLACES = ['loose', 'packed', 'packed, without git'] as const;

function repositoryWith(contents: Buffer[], place: (typeof PLACES)[number]) {
  const gitdir = join(temporaryFolder(), 'ports.git');
  git('.', 'init', '-q', '--bare', gitdir);
  const oids = contents.map((input) =>
    execFileSync('git', ['-C', gitdir, 'hash-object', '-w', '--stdin'], { input, encoding: 'utf8' }).trim(),
  );
  if (place !== 'loose') {
    const pack = join(gitdir, 'objects/pack/pack');
    execFileSync('git', ['-C', gitdir, 'pack-objects', '-q', pack], { input: `${oids.join('\n')}\n` });
    git(gitdir, 'prune-packed');
  }
  if (place === 'packed, without git') vi.stubEnv('PATH', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const objects = new Objects(gitdir);
  onTestFinished(() => objects.close());
  return { objects, oids };
}

describe.each(PLACES)('an object that is %s', (place) => {
  test('is an event up to 64 KB, and no event beyond', async () => {
    const sizes = [1, 64 * 2 ** 10, 64 * 2 ** 10 + 1, 9 * 2 ** 20];
    const { objects, oids } = repositoryWith(
      sizes.map((size) => Buffer.alloc(size, 'x')),
      place,
    );
    const texts = await objects.readEvents(oids);
    expect(oids.map((oid) => texts.get(oid)?.length)).toEqual([sizes[0], sizes[1], undefined, undefined]);
  });

  test('is read up to 8 MB, and damage beyond', async () => {
    const { objects, oids } = repositoryWith(
      [Buffer.alloc(8 * 2 ** 20), Buffer.alloc(8 * 2 ** 20 + 1)],
      place,
    );
    expect((await objects.read(oids[0]!)).content.length).toBe(8 * 2 ** 20);
    const tooLarge = objects.read(oids[1]!).then(({ content }) => content.length);
    await expect(tooLarge).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
  });
});

test('an object in the place of another is damage, whoever asks for it', async () => {
  const { objects, oids } = repositoryWith([Buffer.from('theirs'), Buffer.from('planted')], 'loose');
  const [place, planted] = oids.map((oid) =>
    join(objects.commondir, 'objects', oid.slice(0, 2), oid.slice(2)),
  );
  rmSync(place!);
  copyFileSync(planted!, place!);
  expect((await objects.read(oids[1]!)).content.toString()).toBe('planted');
  const damage = { code: 'LOG_DAMAGED', message: expect.stringContaining('does not match its name') };
  await expect(objects.read(oids[0]!)).rejects.toMatchObject(damage);
  await expect(objects.readEvents(oids)).rejects.toMatchObject(damage);
});
