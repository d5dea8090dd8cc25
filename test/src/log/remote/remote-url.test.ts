import { describe, expect, test } from 'vitest';
import { unreachable } from '../../../../src/log/remote/remote-answers.js';
import { withoutSecrets, withoutSecretsIn } from '../../../../src/log/remote/remote-url.js';

describe('a URL is shown', () => {
  test.each([
    ['https://host/team/ports.git', 'https://host/team/ports.git'],
    ['https://TOKEN@host/ports.git', 'https://host/ports.git'],
    ['https://user:TOKEN@host:8080/ports.git', 'https://host:8080/ports.git'],
    ['https://host/ports.git?private_token=TOKEN', 'https://host/ports.git'],
    ['https://host/ports.git?a=b&access_token=TOKEN#TOKEN', 'https://host/ports.git'],
    ['http://user:TOKEN@host/ports.git?private_token=TOKEN', 'http://host/ports.git'],
    ['ssh://git@host/ports.git', 'ssh://git@host/ports.git'],
    ['ssh://git:TOKEN@host:22/ports.git', 'ssh://git@host:22/ports.git'],
    ['git+ssh://me:TO@K/EN@host/ports.git', 'git+ssh://me@host/ports.git'],
    ['ssh://host/ports.git', 'ssh://host/ports.git'],
    ['git@host:team/ports.git', 'git@host:team/ports.git'],
  ])('%s as %s', (url, shown) => expect(withoutSecrets(url)).toBe(shown));
});

test('what a git says of a URL is shown without its secrets, in the words around it', () => {
  const said =
    "fatal: unable to access 'https://me:TOKEN@host/p.git?private_token=TOKEN/': Could not resolve host";
  expect(withoutSecretsIn(said)).toBe("fatal: unable to access 'https://host/p.git': Could not resolve host");
  const error = unreachable('https://host/p.git?private_token=TOKEN', said);
  expect(JSON.stringify([error.message, error.hint, error.details])).not.toContain('TOKEN');
});
