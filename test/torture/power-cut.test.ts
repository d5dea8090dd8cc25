import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { newDisk, testWithDisks } from '../support/disk.js';
import { put } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { KILLER } from '../support/kill-everywhere.js';
import { type RunOptions, runner } from '../support/program.js';
import { oneIn } from '../support/torture.js';

const testOnDisk = testWithDisks();

/** A lock that a cut brings back is nobody's only where the process that had it has ended. */
const processes = (home: string, options: RunOptions = {}) => runner(home, { isProcess: true, ...options });

/** Where each kind of registry comes about on a disk, and which path names it; undefined for the one that needs no set-up. */
const KINDS: Record<string, (home: string) => Promise<string | undefined>> = {
  embedded: async () => undefined,
  bare: (home) => made(home, ['--bare']),
  'checked out': (home) => made(home, []),
  'in a monorepo': async (home) => {
    git(home, 'init', '-q', '-b', 'main', 'repo');
    put(join(home, 'repo/README.md'), 'x\n');
    git(join(home, 'repo'), 'add', '.');
    git(join(home, 'repo'), 'commit', '-qm', 'Begin');
    allWritten();
    await processes(home)(['init', 'repo', '--in-repo']);
    return 'repo/ports';
  },
  'with a remote': async (home) => {
    git(home, 'init', '-q', '--bare', '-b', 'main', 'remote.git');
    // When the remote's git writes is its host's affair.
    git(join(home, 'remote.git'), 'config', 'core.fsync', 'all');
    allWritten();
    const { status, stderr } = await processes(home)(['init', 'ports', '--remote', 'remote.git']);
    expect(status, stderr).toBe(0);
    git(join(home, 'ports'), 'config', 'remote.origin.url', '../remote.git');
    allWritten();
    return 'ports';
  },
};

/** For what git and the test itself have written. */
function allWritten(): void {
  execFileSync('sync');
}

async function made(home: string, options: string[]): Promise<string> {
  await processes(home)(['init', 'ports', ...options]);
  return 'ports';
}

function repositoryIn(home: string, registry: string | undefined): string {
  if (registry === undefined) return join(home, '.local/share/vports/host.git');
  return join(home, registry.split('/')[0]!);
}

describe('a power cut', () => {
  testOnDisk.each(Object.entries(KINDS))(
    'right after a command loses nothing that it has said, and locks nobody out: %s',
    { tags: ['slow'], timeout: 120_000 },
    async (_, make) => {
      const { path: disk, cut } = newDisk();
      const registry = await make(disk);
      const on = (home: string) =>
        processes(home, { env: { VPORTS_REGISTRY: registry && join(home, registry) } });
      const held: [string, string][] = [];
      for (const resource of ['first', 'second', 'third']) {
        const run = await on(disk)(['allocate', resource]);
        expect(run.status, run.stderr).toBe(0);
        held.push([resource, run.stdout]);
        const after = cut();
        const vports = on(after);
        for (const [name, port] of held) expect((await vports(['get', name])).stdout).toBe(port);
        const next = await vports(['allocate', 'next']);
        expect(next.status, next.stderr).toBe(0);
        expect((await vports(['verify'])).status).toBe(0);
        fsck(repositoryIn(after, registry));
      }
    },
  );

  const inTheMiddle = async (make: (home: string) => Promise<string | undefined>) => {
    const { path: disk, cut } = newDisk();
    const registry = await make(disk);
    const on = (home: string) =>
      processes(home, { env: { VPORTS_REGISTRY: registry && join(home, registry) } });
    expect((await on(disk)(['allocate', 'old'])).status).toBe(0);
    for (let at = 3; ; at += oneIn({ few: 80, sample: 23 })) {
      const { signal } = await on(disk)(['allocate', `new-${at}`], {
        env: { KILL_AT: String(at) },
        nodeArgs: ['--import', KILLER],
      });
      if (signal === null) break;
      const after = cut();
      const vports = on(after);
      expect((await vports(['get', 'old'])).status, `cut at ${at}`).toBe(0);
      let next = await vports(['allocate', `new-${at}`]);
      // A lock that the remote's own git had is for the remote's host to take away: there the sentence says which.
      const [, lock] = /a stale lock, (\S+remote\.git\S*\.lock), blocks it/.exec(next.stderr) ?? [];
      if (lock !== undefined) {
        expect(next.status).toBe(69);
        rmSync(lock);
        next = await vports(['allocate', `new-${at}`]);
      }
      expect([next.status, next.stderr], `cut at ${at}`).toEqual([0, expect.anything()]);
      if (registry !== undefined && existsSync(join(repositoryIn(after, registry), '.git')))
        expect(git(repositoryIn(after, registry), 'status', '--porcelain', '-uno'), `cut at ${at}`).toBe('');
      expect((await vports(['verify'])).status).toBe(0);
      fsck(repositoryIn(after, registry));
    }
  };
  const title = 'in the middle of a command leaves the old state or the new one: %s';
  const timeout = process.env.VPORTS_TORTURE ? 7_200_000 : 300_000;
  const { 'checked out': checkedOut, ...others } = KINDS;
  testOnDisk.each([['checked out', checkedOut!] as const])(title, { timeout }, (_, make) =>
    inTheMiddle(make),
  );
  testOnDisk.each(Object.entries(others))(title, { tags: ['slow'], timeout }, (_, make) => inTheMiddle(make));
});
