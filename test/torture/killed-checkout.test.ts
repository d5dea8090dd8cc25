import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git, tryGit } from '../support/git.js';
import { claimsOf, KILLER, killEverywhere } from '../support/kill-everywhere.js';
import { runner } from '../support/program.js';
import { newRegistry, openLog } from '../support/registries.js';

const { ports, files: claimed } = claimsOf({ bare: false });
const [OLD, NEW] = claimed;

describe('a command killed at any moment', () => {
  test('leaves a checked-out registry that a plain git commit cannot harm and the next vports puts right', async () => {
    const points = await killEverywhere(false, async (folder, at) => {
      // Whoever comes next may find it moved: nothing that was left may name the place.
      const path = at % 2 === 0 ? folder : `${folder}-moved`;
      if (path !== folder) renameSync(folder, path);
      put(join(path, 'notes.txt'), 'mine');
      const added = tryGit(path, 'add', 'notes.txt');
      if (added.status === 0) tryGit(path, 'commit', '-q', '-m', 'notes');
      else expect(added.output).toMatch(/index\.lock/);
      const log = openLog(path);
      // Who reads leaves it as it is, and says what the branch has.
      const { holdings } = await log.state();
      expect(holdings.size, `killed at ${at}`).toBe(eventFiles(path).length);
      await log.exclusively(async () => undefined);
      const settled = (await log.state()).holdings.size;
      await log.close();
      const files = eventFiles(path);
      expect([[OLD], [OLD, NEW]], `killed at ${at}`).toContainEqual(files);
      expect(settled).toBe(files.length);
      git(path, 'add', 'notes.txt');
      tryGit(path, 'commit', '-q', '-m', 'notes');
      expect(git(path, 'status', '--porcelain'), `killed at ${at}`).toBe('');
      expect(eventFiles(path)).toEqual(files);
      for (const file of files) expect(existsSync(join(path, file))).toBe(true);
      expect(git(path, 'log', '--format=%s', '--diff-filter=D')).toBe('');
      fsck(path);
    });
    expect(points).toBeGreaterThan(30);
  }, 300_000);

  test('and whose index.lock the user has removed by hand still loses no event', {
    tags: ['slow'],
    timeout: 120_000,
  }, async () => {
    const original = await newRegistry({ bare: false });
    const home = temporaryFolder();
    const vports = runner(home);
    await vports(['allocate', 'old', '--port', ports[0], '--registry', original]);
    let seen = 0;
    // Whoever is killed while taking over from the one before leaves it more to do: behind that.
    for (let at = 70; seen < 4 && at < 200; at++) {
      const path = join(home, `${at}`);
      cpSync(original, path, { recursive: true });
      const { signal } = await vports(['allocate', 'new', '--port', ports[1], '--registry', path], {
        env: { KILL_AT: String(at) },
        nodeArgs: ['--import', KILLER],
      });
      if (signal === null) break;
      if (!existsSync(join(path, '.git', 'vports', 'journal.json'))) continue;
      seen++;
      for (const lock of ['index.lock', 'refs/heads/main.lock'])
        rmSync(join(path, '.git', lock), { force: true });
      const log = openLog(path);
      await log.exclusively(async () => undefined);
      await log.close();
      expect(eventFiles(path)).toEqual([OLD, NEW]);
      expect(git(path, 'status', '--porcelain'), `killed at ${at}`).toBe('');
      fsck(path);
    }
    expect(seen).toBeGreaterThan(2);
  });
});
