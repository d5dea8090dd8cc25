import { describe, expect, test } from 'vitest';
import { eventFiles, fsck, git } from '../support/git.js';
import { claimsOf, killEverywhere } from '../support/kill-everywhere.js';
import { openLog } from '../support/registries.js';

const [OLD, NEW] = claimsOf({ bare: true }).files;

describe('a command killed at any moment', () => {
  test('leaves a bare registry in the old state or the new one, and nothing for the next command to mend', {
    tags: ['slow'],
    timeout: 300_000,
  }, async () => {
    const points = await killEverywhere(true, async (path, at) => {
      fsck(path);
      const files = eventFiles(path);
      expect([[OLD], [OLD, NEW]], `killed at ${at}`).toContainEqual(files);
      const log = openLog(path);
      expect((await log.state()).holdings.size).toBe(files.length);
      await log.exclusively(() =>
        log.append({ events: [], by: { name: 'A', email: 'a@b', host: 'h' }, at: 0, subject: 'next' }),
      );
      await log.close();
      expect(git(path, 'log', '-1', '--format=%s')).toBe('next');
    });
    expect(points).toBeGreaterThan(20);
  });
});
