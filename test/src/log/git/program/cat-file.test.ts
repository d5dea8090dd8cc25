import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { CatFile } from '../../../../../src/log/git/program/cat-file.js';
import { until } from '../../../../support/children.js';
import { put, temporaryFolder } from '../../../../support/folders.js';

function repository(): { path: string; oid: string } {
  const path = temporaryFolder();
  execFileSync('git', ['init', '--quiet', '--bare', path]);
  const options = { input: 'content', encoding: 'utf8' } as const;
  const oid = execFileSync('git', ['-C', path, 'hash-object', '-w', '--stdin'], options).trim();
  return { path, oid };
}

/** The pids of this process's children that read objects of a repository. */
function readers(): number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim();
  return children
    .split(' ')
    .filter((pid) => pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cat-file'))
    .map(Number);
}

test.runIf(process.platform === 'linux')(
  'a git that is killed answers nothing more, and nobody waits for it',
  async () => {
    const { path, oid } = repository();
    const reader = CatFile.open(path);
    onTestFinished(() => reader.close());
    expect((await reader.read(oid, 100))!.content!.toString()).toBe('content');
    const [pid] = readers();
    process.kill(pid!, 'SIGSTOP');
    const waiting = reader.read(oid, 100);
    process.kill(pid!, 'SIGKILL');
    expect(await waiting).toBeUndefined();
    expect(await reader.read(oid, 100)).toBeUndefined();
    await until(() => readers().length === 0);
  },
);

test('a git that cannot be started answers nothing', async () => {
  const { path, oid } = repository();
  const before = process.env.PATH;
  onTestFinished(() => {
    process.env.PATH = before;
  });
  for (const PATH of ['/nonexistent', `${put(`${temporaryFolder()}/file`, '')}/x`]) {
    process.env.PATH = PATH;
    expect(await CatFile.open(path).read(oid, 100)).toBeUndefined();
  }
});

test.runIf(process.platform === 'linux')(
  'one git serves all who read from a repository, until the last of them is through',
  async () => {
    const { path, oid } = repository();
    const [one, other] = [CatFile.open(path), CatFile.open(path)];
    await Promise.all([one.read(oid, 100), other.read(oid, 100)]);
    expect(readers()).toHaveLength(1);
    one.close();
    expect((await other.read(oid, 100))!.content!.toString()).toBe('content');
    other.close();
    await until(() => readers().length === 0);
    const again = CatFile.open(path);
    onTestFinished(() => again.close());
    expect((await again.read(oid, 100))!.content!.toString()).toBe('content');
  },
);
