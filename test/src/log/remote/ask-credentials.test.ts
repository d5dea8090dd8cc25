import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openRepository } from '../../../../src/log/git/repository.js';
import { askCredentials } from '../../../../src/log/remote/ask-credentials.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';
import { newRegistry } from '../../../support/registries.js';

const WHERE = { host: 'git.example:8443', path: 'team/ports.git' };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** A registry, and a user with these lines in their configuration of git. */
async function asked(config: string) {
  const home = temporaryFolder();
  vi.stubEnv('HOME', home);
  vi.stubEnv('GIT_CONFIG_GLOBAL', put(join(home, 'config'), config));
  const path = await newRegistry({ bare: true });
  return { home, path, ask: () => askCredentials(openRepository(path), WHERE) };
}

describe('the password that git has', () => {
  test('is that of a helper, for this host with its port, and this path where that matters', async () => {
    const home = temporaryFolder();
    const kept = [
      'https://ada:of-another-port@git.example',
      'https://ada:of-another-path@git.example:8443/team/other.git',
      'https://ada:right@git.example:8443/team/ports.git',
    ];
    const file = put(join(home, 'kept'), `${kept.join('\n')}\n`);
    const { ask } = await asked(`[credential]\n\thelper = store --file=${file}\n\tuseHttpPath = true\n`);
    expect(await ask()).toBe('right');
  });

  test('is none where no helper has one: nobody is asked', async () => {
    const { home, ask } = await asked('');
    const program = put(join(home, 'ask'), `#!/bin/sh\ntouch ${join(home, 'was asked')}\necho typed\n`);
    chmodSync(program, 0o755);
    put(process.env.GIT_CONFIG_GLOBAL!, `[core]\n\taskPass = ${program}\n`);
    for (const name of ['GIT_ASKPASS', 'SSH_ASKPASS']) vi.stubEnv(name, program);
    expect(await ask()).toBeUndefined();
    expect(existsSync(join(home, 'was asked'))).toBe(false);
  });

  test('is not what the configuration of a registry says, or of the repository one is in', async () => {
    const { home, path, ask } = await asked('');
    git(
      path,
      'config',
      'credential.helper',
      `!touch ${join(home, 'ran')}; echo username=x; echo password=x; :`,
    );
    vi.spyOn(process, 'cwd').mockReturnValue(path);
    expect(await ask()).toBeUndefined();
    expect(existsSync(join(home, 'ran'))).toBe(false);
  });

  test('is not one for another host than was asked about', async () => {
    const { ask } = await asked(
      '[credential]\n\thelper = "!echo host=other.example; echo username=x; echo password=x; :"\n',
    );
    expect(await ask()).toBeUndefined();
  });
});
