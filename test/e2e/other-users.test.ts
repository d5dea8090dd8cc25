import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { homeOf, programOfOthers, testAsRoot } from '../support/other-users.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const GROUP = 2_345;
const run = programOfOthers();

/** Every command that reads a registry. */
const READING = [
  'log',
  'log web',
  'log 30000',
  'log --json',
  'who 30000',
  'who 30001',
  'show web',
  'replay',
  'replay --json',
  'diff HEAD~1',
  'list',
  'list --json',
  'list --at HEAD~1',
  'list --at now',
  'list --claims',
  'get web',
  'ranges',
  'stats',
  'verify',
  'verify --base HEAD~1',
  'review HEAD~1',
  'check 30000',
  'check 30900',
  'check web',
  'env web',
  'url web',
  'status',
  'doctor',
  'policy show',
  'policy check',
  'map --out map.html',
  'ci .',
  'docs --check .',
  'reconcile',
  'cleanup',
  'port-registry list',
  'port-registry check 30900',
  'schema event',
  'complete get',
];

/** Runs the built program as a user of the group, with a home of their own and a strict umask. */
function as(uid: number, path: string, args: string[], own: NodeJS.ProcessEnv = {}) {
  const user = { uid, gid: GROUP, umask: '077' };
  const home = homeOf(user, join(path, '..', `home-${uid}`));
  const env = { HOME: home, GIT_AUTHOR_NAME: `u${uid}`, GIT_AUTHOR_EMAIL: 'u@x', ...own };
  return run(user, [...args, '--registry', path], { cwd: home, env });
}

function givenTo(folder: string, group: number, mode: number): void {
  chownSync(folder, 0, group);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    chownSync(path, 0, group);
    chmodSync(path, statSync(path).mode | (entry.isDirectory() ? mode : mode & 0o777 & ~0o111));
  }
  chmodSync(folder, statSync(folder).mode | mode);
}

describe('a registry on a machine of several users', () => {
  testAsRoot.each([true, false])(
    'is written by all of a group whose repository it is, whatever their umask (bare: %s)',
    async (bare) => {
      const path = await newRegistry({ bare });
      chmodSync(join(path, '..'), 0o755);
      git(path, 'config', 'core.sharedRepository', 'group');
      givenTo(path, GROUP, 0o2070);
      for (let round = 0; round < 4; round++) {
        const both = await Promise.all(
          [1_001, 1_002].map((user) => as(user, path, ['allocate', `s${user}-${round}`])),
        );
        for (const { status, stderr } of both) expect(status, stderr).toBe(0);
      }
      expect(git(path, 'rev-list', '--count', 'main')).toBe('9');
      fsck(path);
    },
  );

  describe.each([
    ['with a cache folder', {}],
    // A device in its place: there is nowhere to keep anything.
    ['without one', { XDG_CACHE_HOME: '/dev/null/cache' }],
  ])('%s', (_, env) => {
    testAsRoot(
      'is read by whoever may only read it, by every command that reads, after each write of somebody else',
      async () => {
        const path = await newRegistry({ bare: true });
        chmodSync(join(path, '..'), 0o755);
        const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
        await vports(['allocate', 'web', '--reason', 'the first']);
        await vports(['allocate', 'api']);
        const home = homeOf({ uid: 1_003, gid: GROUP }, join(path, '../home-1003'));
        put(join(home, 'service.json'), '{"name": "web", "ports": {"main": 30000}}');
        const read = async (commands: string[]) => {
          givenTo(path, 0, 0o055);
          for (const it of commands) {
            const { status, stdout, stderr } = await as(1_003, path, it.split(' '), env);
            expect(stderr, it).not.toContain('error:');
            expect(status, `${it}: ${stdout} ${stderr}`).toBeLessThan(2);
          }
        };
        await read(READING);
        await vports(['allocate', 'more']);
        await vports(['describe', 'web', '--owner', 'team']);
        await read(READING);
        // A history that does not build on the one before is read anew.
        git(path, 'update-ref', 'refs/heads/main', 'main~2');
        await read(['log', 'who 30000', 'show web', 'replay', 'list', 'list --at now']);
        const refused = await as(1_003, path, ['allocate', 'x']);
        expect([refused.status, refused.stderr]).toEqual([73, expect.stringContaining('permission denied')]);
      },
    );
  });

  testAsRoot(
    'says which folders of a tree it may not read: what is in them nobody has looked at',
    async () => {
      const path = await newRegistry({ bare: true });
      chmodSync(join(path, '..'), 0o755);
      givenTo(path, 0, 0o055);
      const tree = temporaryFolder();
      chmodSync(tree, 0o755);
      put(join(tree, 'web/.env'), 'WEB_PORT=30000\n');
      const hidden = join(tree, 'hidden');
      mkdirSync(hidden, { mode: 0o700 });
      const imported = await as(1_003, path, ['import', tree, '--dry-run', '--json']);
      expect(JSON.parse(imported.stdout).problems).toMatchObject([
        { file: expect.stringMatching(/hidden$/), code: 'UNREADABLE' },
      ]);
      expect(imported.status).toBe(1);
      for (const args of [
        ['ci', tree],
        ['docs', tree, '--check'],
        ['reconcile', tree],
      ]) {
        const run = await as(1_003, path, args);
        expect([args[0], run.status, run.stdout + run.stderr]).toEqual([
          args[0],
          1,
          expect.stringContaining('permission denied'),
        ]);
      }
    },
  );
});
