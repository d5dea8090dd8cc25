import { expect, test } from 'vitest';
import { refusedAccess } from '../../../../src/log/remote/refused-access.js';

const refused = (url: string, ...lines: string[]) => refusedAccess(url, lines.join('\n'), 'PUSH_REJECTED');

test.for<[string, string, string[], string]>([
  [
    'GitHub, by https',
    'https://github.com/acme/ports.git',
    [
      'remote: Permission to acme/ports.git denied to ben.',
      "fatal: unable to access 'https://github.com/acme/ports.git/': The requested URL returned error: 403",
    ],
    'https://github.com/acme/ports.git refuses pushes of ben: Permission to acme/ports.git denied to ben.',
  ],
  [
    'GitHub, by ssh',
    'git@github.com:acme/ports.git',
    ['ERROR: Permission to acme/ports.git denied to ben.', 'fatal: Could not read from remote repository.'],
    'git@github.com:acme/ports.git refuses pushes of ben: ERROR: Permission to acme/ports.git denied to ben.',
  ],
  [
    'gitolite',
    'git@git.example:ports',
    ['FATAL: W any ports ben DENIED by fallthru', '(or you mis-spelled the reponame)'],
    'git@git.example:ports refuses pushes of ben: FATAL: W any ports ben DENIED by fallthru',
  ],
  [
    'sshd',
    'ssh://git@git.example/ports',
    ['git@git.example: Permission denied (publickey,password).'],
    'ssh://git@git.example/ports refuses pushes of git@git.example: git@git.example: Permission denied (publickey,password).',
  ],
  [
    'GitLab, with a token that is over',
    'https://oauth2:s3cret@gitlab.example/acme/ports.git',
    [
      'remote: HTTP Basic: Access denied.',
      "fatal: Authentication failed for 'https://oauth2:s3cret@gitlab.example/acme/ports.git/'",
    ],
    'https://gitlab.example/acme/ports.git refuses pushes of the user that git names: HTTP Basic: Access denied.',
  ],
])('%s: the message names who is refused', ([, url, lines, message]) => {
  const error = refused(url, ...lines);
  expect(error?.message).toBe(message);
  expect(JSON.stringify(error)).not.toContain('s3cret');
});

test('what a hook says after it has taken the push does not make it a refused one', () => {
  const hook = ['remote: FATAL: mail denied to ben', 'remote: Permission denied (publickey).'];
  expect(
    refused('https://host/p.git', ...hook, 'fatal: the remote end hung up unexpectedly'),
  ).toBeUndefined();
});
