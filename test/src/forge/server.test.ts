import { describe, expect, test } from 'vitest';
import { serverOf } from '../../../src/forge/server.js';

describe('the server behind a remote', () => {
  test.each([
    ['https://github.com/team/ports.git', 'github', 'https://api.github.com'],
    ['git@github.com:team/ports.git', 'github', 'https://api.github.com'],
    ['ssh://git@ssh.github.com:443/team/ports.git', 'github', 'https://api.github.com'],
    ['https://ada:secret@gitlab.com/team/ports', 'gitlab', 'https://gitlab.com/api/v4'],
    ['git+ssh://git@codeberg.org/team/ports/', 'gitea', 'https://codeberg.org/api/v1'],
  ])('of %s is of the kind %s', (url, kind, api) => {
    expect(serverOf(url, undefined, {})).toMatchObject({ kind, api, path: ['team', 'ports'] });
  });

  test.each([
    ['github', 'https://git.example:8443/api/v3'],
    ['gitlab', 'https://git.example:8443/api/v4'],
    ['gitea', 'https://git.example:8443/api/v1'],
  ] as const)('is of the kind that the policy says: %s', (kind, api) => {
    expect(serverOf('https://git.example:8443/team/ports', kind, {})).toEqual({
      kind,
      host: 'git.example:8443',
      api,
      path: ['team', 'ports'],
    });
  });

  test('is at the host of an ssh remote, but not at its port', () => {
    expect(serverOf('ssh://git@git.example:2222/team/ports', 'gitea', {})?.api).toBe(
      'https://git.example/api/v1',
    );
  });

  test.each([
    [{ GITHUB_SERVER_URL: 'https://git.example' }, 'github'],
    [{ GITHUB_SERVER_URL: 'https://git.example', GITEA_ACTIONS: 'true' }, 'gitea'],
    [{ CI_SERVER_URL: 'https://git.example' }, 'gitlab'],
    [{ CI_SERVER_URL: 'https://git.example.org' }, undefined],
    [{ CI_SERVER_URL: 'http://git.example' }, undefined],
    [{}, undefined],
  ])('is of the kind of the runner, where that works for this host: %j', (env, kind) => {
    expect(serverOf('git@git.example:team/ports', undefined, env)?.kind).toBe(kind);
  });

  test('may have groups in groups on GitLab alone', () => {
    const url = 'https://git.example/team/backend/ports';
    expect(serverOf(url, 'gitlab', {})?.path).toEqual(['team', 'backend', 'ports']);
    expect(serverOf(url, 'github', {})).toBeUndefined();
  });

  test.each([
    'http://github.com/team/ports',
    'file:///home/github.com/team/ports',
    '/srv/github.com/team/ports',
    'https://github.com/ports',
    'https://github.com/team/..%2f..%2fuser',
    'https://github.com/team/po%0arts',
    'https://github.com/te%2fam/x/ports',
    'https://github.com/team/ports%3fq',
    'https://[github.com/team/ports',
    'https://github.com/team/%',
  ])('is nobody’s of %s', (url) => {
    expect(serverOf(url, undefined, {})).toBeUndefined();
  });

  test.each([
    'https://github.com@evil.example/team/ports',
    'https://evil.example/github.com/ports',
    'https://github.com.evil.example/team/ports',
    'git@evil.example:github.com/ports',
  ])('is not github.com for %s', (url) => {
    expect(serverOf(url, 'github', {})?.api).toMatch(/^https:\/\/(github\.com\.)?evil\.example\/api\/v3$/);
  });
});
