import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { serverOf } from '../../../src/forge/server.js';
import { tokenFor } from '../../../src/forge/token.js';
import { put, temporaryFolder } from '../../support/folders.js';

const ALL = { GITHUB_TOKEN: 'hub', GITLAB_TOKEN: 'lab' };
const SERVER = { GITHUB_SERVER_URL: 'https://hub.example', CI_SERVER_URL: 'https://lab.example:8443' };

const none = async () => undefined;
const server = (url: string, kind: 'github' | 'gitlab' | 'gitea') => serverOf(url, kind, {})!;

afterEach(() => void vi.unstubAllEnvs());

describe('a token of the environment', () => {
  test.each([
    ['https://github.com/team/ports', 'github', 'hub'],
    ['https://hub.example/team/ports', 'github', 'hub'],
    // Gitea and Forgejo have runners with the variables of GitHub.
    ['https://hub.example/team/ports', 'gitea', 'hub'],
    ['git@gitlab.com:team/ports', 'gitlab', 'lab'],
    ['https://lab.example:8443/team/ports', 'gitlab', 'lab'],
    ['https://lab.example/team/ports', 'gitlab', undefined],
    ['https://github.com/team/ports', 'gitlab', undefined],
    ['https://gitlab.com/team/ports', 'github', undefined],
    ['https://codeberg.org/team/ports', 'gitea', undefined],
    ['https://evil.example/team/ports', 'github', undefined],
    ['https://evil.example/team/ports', 'gitlab', undefined],
    ['https://github.com.evil.example/team/ports', 'github', undefined],
    ['https://hub.example:8443/team/ports', 'github', undefined],
  ] as const)('for %s as %s is %s', async (url, kind, token) => {
    vi.stubEnv('PATH', '/nowhere');
    expect((await tokenFor(server(url, kind), none, { ...ALL, ...SERVER }))?.text).toBe(token);
  });

  test('is not one that no header can have', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const found = await tokenFor(server('https://github.com/team/ports', 'github'), none, {
      GITHUB_TOKEN: 'a\r\nHost: evil.example',
      GH_TOKEN: 'sound',
    });
    expect(found).toEqual({ text: 'sound', from: 'GH_TOKEN' });
  });
});

describe('without one', () => {
  /** A gh that, like the real one, hands out what the environment has for any host. */
  function withGh(): void {
    const folder = temporaryFolder();
    const script =
      '#!/bin/sh\n/bin/echo "${GH_ENTERPRISE_TOKEN:-${GITHUB_TOKEN:-kept for $4}}" | /usr/bin/tr " " -\n';
    chmodSync(put(join(folder, 'gh'), script), 0o755);
    vi.stubEnv('PATH', folder);
    vi.stubEnv('GH_ENTERPRISE_TOKEN', 'of-the-environment');
    vi.stubEnv('GITHUB_TOKEN', 'of-the-environment');
  }

  test('gh is asked for what it keeps for this host', async () => {
    withGh();
    expect(await tokenFor(server('https://hub.example:8443/team/ports', 'github'), none, {})).toEqual({
      text: 'kept-for-hub.example:8443',
      from: '`gh auth token`',
    });
  });

  test('git is asked about host, port and path, and gh only where it is GitHub', async () => {
    withGh();
    const asked: object[] = [];
    const askGit = async (where: object) => {
      asked.push(where);
      return 'kept';
    };
    const found = await tokenFor(server('https://git.example:8443/team/ports.git', 'gitea'), askGit, {});
    expect(found).toEqual({ text: 'kept', from: 'a credential helper of git' });
    expect(asked).toEqual([{ host: 'git.example:8443', path: 'team/ports.git' }]);
  });
});
