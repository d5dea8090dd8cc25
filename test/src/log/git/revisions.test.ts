import { describe, expect, test } from 'vitest';
import { openRepository } from '../../../../src/log/git/repository.js';
import { resolveRevision } from '../../../../src/log/git/revisions.js';
import { git } from '../../../support/git.js';
import { newRegistry } from '../../../support/registries.js';

/** A repository with two commits, and a way to ask it. */
async function repository() {
  const path = await newRegistry({ bare: true });
  const first = git(path, 'rev-parse', 'HEAD');
  const second = git(path, 'commit-tree', 'HEAD^{tree}', '-p', 'HEAD', '-m', 'second');
  git(path, 'update-ref', 'refs/heads/main', second);
  const named = (text: string) => resolveRevision(openRepository(path), 'refs/heads/main', text);
  const put = (ref: string, oid: string) => git(path, 'update-ref', ref, oid);
  return { path, first, second, named, put };
}

describe('a full object name', () => {
  test.each(['refs/heads/', 'refs/tags/', 'refs/remotes/origin/', 'refs/'])(
    'is that object, whatever %s calls itself so',
    async (place) => {
      const { first, second, named, put } = await repository();
      put(place + first, second);
      expect(await named(first)).toBe(first);
      expect(await named(`${second}~1`)).toBe(first);
    },
  );

  test('of nothing names no commit, whatever a branch says', async () => {
    const { second, named, put } = await repository();
    put(`refs/heads/${'a'.repeat(40)}`, second);
    await expect(named('a'.repeat(40))).rejects.toMatchObject({ code: 'BAD_REVISION' });
  });
});

describe('a name', () => {
  test.each([
    ['refs/heads/x', 'refs/tags/x'],
    ['refs/tags/x', 'refs/x'],
    ['refs/heads/origin/x', 'refs/remotes/origin/x'],
  ])(
    'that %s and %s have is ambiguous, as it is to git, and each can be named in full',
    async (one, other) => {
      const { first, second, named, put } = await repository();
      put(one, first);
      put(other, second);
      const name = one.replace(/^refs\/(heads|tags)\//, '');
      const error = await named(name).catch((it: unknown) => it);
      expect(error).toMatchObject({ code: 'BAD_REVISION', message: expect.stringContaining('is ambiguous') });
      expect([await named(one), await named(other)]).toEqual([first, second]);
    },
  );

  test('that only the remote has is found there, and one that is here as well is here', async () => {
    const { first, second, named, put } = await repository();
    put('refs/remotes/origin/topic', first);
    expect(await named('topic')).toBe(first);
    put('refs/heads/topic', second);
    expect(await named('topic')).toBe(second);
  });
});
