import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isResourceName } from '../../../../events/names.js';
import {
  idOfUrl,
  isFormerId,
  isProjectId,
  isSameProject,
  ownNames,
} from '../../../../src/registry/project/project-id.js';

describe('the id of a URL', () => {
  test.each([
    ['https://github.com/acme/shop.git', 'github.com/acme/shop'],
    ['https://user:secret@github.com:8443/acme/shop?x=1#y', 'github.com/acme/shop'],
    ['git@github.com:acme/shop.git', 'github.com/acme/shop'],
    ['ssh://git@GitHub.com:22/acme/shop/', 'github.com/acme/shop'],
    ['ssh://git@ssh.dev.azure.com/v3/acme/team/shop', 'ssh.dev.azure.com/v3/acme/team/shop'],
  ])('%s is %s', (url, id) => expect(idOfUrl(url)).toBe(id));

  test.each(['', '/srv/git/shop.git', '../shop', 'C:\\shop', 'https://', 'file:///srv/shop'])(
    'is none for %j',
    (url) => expect(idOfUrl(url)).toBeUndefined(),
  );

  test('has no secret of any URL, and can be written into an event', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.string(),
        (url, secret) => {
          const id = idOfUrl(url.replace('://', `://x:${encodeURIComponent(secret)}Z9@`));
          expect(id ?? '').not.toContain('Z9@');
          if (id !== undefined) expect(isProjectId(id)).toBe(true);
        },
      ),
    );
  });
});

test.each([
  ['github.com/acme/shop', 'GitHub.com/Acme/Shop', true],
  ['ssh.github.com/acme/shop', 'github.com/acme/shop', true],
  ['ssh.dev.azure.com/v3/acme/team/shop', 'dev.azure.com/acme/team/_git/shop', true],
  ['bitbucket.example/scm/team/shop', 'bitbucket.example/team/shop', true],
  ['github.com/acme/shop', 'github.com/beta/shop', false],
  ['github.com/acme/shop', 'gitlab.com/acme/shop', false],
])('%s and %s are one project: %s', (one, other, isSame) => {
  expect(isSameProject(one, other)).toBe(isSame);
  expect(isSameProject(other, one)).toBe(isSame);
});

test('what a repository held follows it to a URL, and to another host, and to nothing else', () => {
  const local = 'local:01HZZZZZZZZZZZZZZZZZZZZZZZ';
  expect(isFormerId(local, 'github.com/acme/shop')).toBe(true);
  expect(isFormerId('github.com/acme/shop', 'gitlab.com/acme/shop')).toBe(true);
  expect(isFormerId('github.com/acme/shop', 'github.com/beta/shop')).toBe(false);
  expect(isFormerId('github.com/acme/shop', 'github.com/acme/shop')).toBe(false);
});

describe('the names of its own that a project gets', () => {
  const first = (id: string | undefined, local: string, folder = 'folder', count = 3) => {
    const names = ownNames(id, local, folder);
    return Array.from({ length: count }, () => names.next().value as string);
  };

  test('begin with its own, with that of its group, and then with a number', () => {
    expect(first('github.com/acme/shop', 'web')).toEqual(['shop.web', 'acme-shop.web', 'shop.web-2']);
    expect(first('github.com/acme/shop', 'web@login')[0]).toBe('shop.web@login');
    expect(first('local:01HZZZZZZZZZZZZZZZZZZZZZZZ', 'web', 'My Shop')[0]).toBe('my-shop.web');
  });

  test('are names that a resource may have, and all different', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (path, local, folder) => {
        const names = first(`host/${path}`, local, folder, 5);
        for (const it of names) expect(isResourceName(it.split('@')[0]!), it).toBe(true);
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});
