import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Cache, cacheFolderOf } from '../../../../src/log/fold/cache.js';
import { temporaryFolder } from '../../../support/folders.js';

const REPOSITORY = '/somewhere/ports.git';

/** The folder that the caches of all repositories are in, with something in that of one. */
function withCache(): string {
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  new Cache(REPOSITORY).save('head', 'folded');
  return dirname(cacheFolderOf(REPOSITORY));
}

const load = (repository = REPOSITORY) => new Cache(repository).load('head');

describe('what is cached on the disk', () => {
  test('is believed in a folder that nobody else may write to, whoever may read it', () => {
    const folder = withCache();
    expect(load()).toBe('folded');
    chmodSync(folder, 0o755);
    expect(load()).toBe('folded');
  });

  /** Neither read nor written there; what is saved is kept in memory. */
  function expectLeftAlone(): void {
    expect(load()).toBeUndefined();
    const other = new Cache('/somewhere/else.git');
    other.save('head', 'new');
    expect([other.load('head'), load('/somewhere/else.git')]).toEqual(['new', undefined]);
    expect(existsSync(cacheFolderOf('/somewhere/else.git'))).toBe(false);
  }

  test.each<[string, (folder: string) => void]>([
    ['its group may write to', (folder) => chmodSync(folder, 0o770)],
    ['everybody may write to', (folder) => chmodSync(folder, 0o707)],
    ['everybody may add to, as to a temporary one', (folder) => chmodSync(folder, 0o1777)],
    [
      'a link leads to',
      (folder) => {
        renameSync(folder, `${folder}-elsewhere`);
        symlinkSync(`${folder}-elsewhere`, folder);
      },
    ],
  ])('is not believed in a folder that %s, and nothing is left there', (_, harm) => {
    harm(withCache());
    expectLeftAlone();
  });

  test.runIf(process.getuid?.() === 0)(
    'is not believed in a folder of another user, and nothing is left there',
    () => {
      chownSync(withCache(), 34_567, 34_567);
      expectLeftAlone();
    },
  );
});

test('an entry in the place of another one is not believed', () => {
  const folder = join(withCache(), basename(cacheFolderOf(REPOSITORY)));
  new Cache(REPOSITORY).save('other', 'another');
  const [versions] = readdirSync(folder);
  copyFileSync(join(folder, versions!, 'other.json'), join(folder, versions!, 'head.json'));
  expect(load()).toBeUndefined();
  expect(new Cache(REPOSITORY).load('other')).toBe('another');
});

test('a cache folder that the user has put elsewhere, by a link, is used', () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  symlinkSync(elsewhere, join(folder, 'cache'));
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
  onTestFinished(() => void vi.unstubAllEnvs());
  new Cache(REPOSITORY).save('head', 'folded');
  expect(load()).toBe('folded');
});
