import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { VportsError } from '../../src/errors.js';
import { Registry } from '../../src/registry/registry.js';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git, tryGit } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** Ports that each of many writers asks for. */
const EACH = 6;
const names = (writer: number) => Array.from({ length: EACH }, (_, index) => `p${writer}-${index}`);

/** Eight processes at once, each asking for its ports one after the other. */
async function eightWriters(registry: string | undefined, home: string): Promise<number[]> {
  const vports = runner(home);
  const where = registry ? ['--registry', registry] : [];
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    const ports: number[] = [];
    for (const name of names(writer)) {
      const { status, stdout, stderr } = await vports(['allocate', `r${name}`, ...where]);
      expect(status, stderr).toBe(0);
      ports.push(Number(stdout));
    }
    return ports;
  });
  return (await Promise.all(writers)).flat();
}

function expectAll(path: string, ports: number[]): void {
  expect(new Set(ports).size).toBe(8 * EACH);
  expect(eventFiles(path)).toHaveLength(8 * EACH);
  expect(git(path, 'rev-list', '--count', 'HEAD')).not.toBe('1');
  expect(git(path, 'log', '--diff-filter=D', '--format=%H', '--', 'events')).toBe('');
  fsck(path);
}

test('the index has the event before the branch does, so that no git commit can pair a new HEAD with an old index', async () => {
  const registry = await newRegistry({ bare: false });
  const home = temporaryFolder();
  const notes = join(home, 'notes');
  const env = { REGISTRY: registry, NOTES: notes };
  const nodeArgs = ['--import', resolve('test/support/index-at-ref-move.mjs')];
  await runner(home)(['allocate', 'web', '--registry', registry, '--port', '25000'], { env, nodeArgs });
  expect(readFileSync(notes, 'utf8')).toBe('events/tcp/25xxx/250xx/25000/0001.json\n');
});

describe('eight processes at once', () => {
  test('on the embedded registry, which the first of them makes: as many events, as many ports', async () => {
    const home = temporaryFolder();
    const ports = await eightWriters(undefined, home);
    expectAll(join(home, '.local/share/vports/host.git'), ports);
  }, 300_000);

  test('on a checked-out registry, with plain git commits on the same branch beside them: none lost, none deleted', {
    tags: ['slow'],
    timeout: 300_000,
  }, async () => {
    const registry = await newRegistry({ bare: false });
    const home = temporaryFolder();
    let writing = true;
    let commits = 0;
    const committing = (async () => {
      for (let at = 0; writing; at++) {
        put(join(registry, 'notes', `${at}.txt`), String(at));
        while (tryGit(registry, 'add', 'notes').status !== 0) await pause(2);
        while (tryGit(registry, 'commit', '-q', '-m', `note ${at}`, '--', 'notes').status !== 0)
          await pause(2);
        commits++;
        await pause(1);
      }
    })();
    const ports = await eightWriters(registry, home);
    writing = false;
    await committing;
    expectAll(registry, ports);
    expect(commits).toBeGreaterThan(10);
    expect(git(registry, 'ls-tree', '-r', '--name-only', 'HEAD', 'notes').split('\n')).toHaveLength(commits);
    expect(git(registry, 'status', '--porcelain')).toBe('');
  });
});

test('of many that register one port at once, all of them decided before the first has written, one has it', async () => {
  const path = await newRegistry({ bare: true });
  process.env.VPORTS_HOST_LOG = join(temporaryFolder(), 'host.git');
  const outcomes = await Promise.all(
    names(0).map(async (resource) => {
      const registry = Registry.open({ path, cwd: path });
      try {
        return (await registry.register(resource, ['27501'])) && 'registered';
      } catch (error) {
        return (error as VportsError).code;
      } finally {
        await registry.close();
      }
    }),
  );
  expect(outcomes.sort()).toEqual([...Array(EACH - 1).fill('PORT_TAKEN'), 'registered']);
  expect(eventFiles(path)).toHaveLength(1);
  fsck(path);
});
