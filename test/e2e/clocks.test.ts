import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** Runs the built program under another clock, which its git has too. */
function under(offset: string, home: string, args: string[]) {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'a@x',
  };
  return promisify(execFile)(
    'faketime',
    ['-f', offset, process.execPath, resolve('dist/vports.cjs'), ...args],
    {
      cwd: home,
      env,
    },
  );
}

describe('a clock that was wrong', () => {
  testWith('faketime')(
    'ahead: what it wrote is warned of, can be released, and the log verifies',
    async () => {
      const home = temporaryFolder();
      const path = await newRegistry({ bare: true });
      const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
      const ahead = await under('+10y', home, ['allocate', 'web', '--port', '27441', '--registry', path]);
      expect(ahead.stdout.trim()).toBe('27441');
      expect(ahead.stderr).toMatch(/clock says 203\d.*last written here on 202\d/);
      const base = git(path, 'rev-parse', 'main');

      const released = await vports(['release', 'web', '--json']);
      const { warnings } = JSON.parse(released.stdout);
      expect([released.status, warnings[0].code]).toEqual([0, 'BAD_TIME']);
      expect((await vports(['allocate', 'api', '--port', '27441'])).stdout).toBe('27441');
      for (const args of [['verify'], ['verify', '--base', base]]) {
        const run = await vports([...args, '--json']);
        const told = JSON.parse(run.stdout).warnings.map(({ code }: { code: string }) => code);
        expect([run.status, new Set(told)]).toEqual([0, new Set(['TIME_FUTURE'])]);
      }
      fsck(path);
    },
  );

  testWith('faketime')('behind: it goes on with the time of the event before, and says so', async () => {
    const home = temporaryFolder();
    const path = await newRegistry({ bare: true });
    const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
    expect((await vports(['allocate', 'web', '--port', '27442'])).status).toBe(0);
    const behind = await under('-10y', home, ['release', 'web', '--registry', path]);
    expect(behind.stderr).toContain('the new event gets the same time');
    expect((await vports(['verify'])).status).toBe(0);
  });

  testWith('faketime')('at a look at the remote: the next one looks again', async () => {
    const home = temporaryFolder();
    const remote = await newRegistry({ bare: true });
    const clone = join(home, 'clone');
    git(home, 'clone', '-q', remote, clone);
    await under('+10y', home, ['sync', '--registry', clone]);
    const vports = runner(home);
    expect((await vports(['allocate', 'web', '--port', '27443', '--registry', remote])).status).toBe(0);
    expect((await vports(['sync', '--registry', clone])).stdout).toContain('27443');
  });

  testWith('faketime')('when the registry was made: commits older than it are no rewrite of it', async () => {
    const home = temporaryFolder();
    const path = join(home, 'ports.git');
    await under('+10y', home, ['init', path, '--bare']);
    const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
    // git looks a few commits further than the dates tell it to. These are of another clone: here is known what was made here.
    const other = join(home, 'other');
    git(home, 'clone', '-q', path, other);
    const elsewhere = runner(home, { env: { VPORTS_REGISTRY: other } });
    git(other, 'remote', 'remove', 'origin');
    for (let port = 27450; port < 27462; port++)
      expect((await elsewhere(['register', `web-${port}`, String(port)])).status).toBe(0);
    git(other, 'push', '-q', path, 'main');
    const verified = await vports(['verify', '--json']);
    expect([verified.status, JSON.parse(verified.stdout).problems]).toEqual([0, []]);
    const since = await vports(['verify', '--base', 'HEAD~1', '--json']);
    expect(JSON.parse(since.stdout)).toMatchObject({ ok: true, checked: { commits: 1 } });
  });
});
