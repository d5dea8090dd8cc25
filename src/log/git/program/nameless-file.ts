import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt } from '../../../attempt.js';
import { mkdtempSync, openNew, rmSync } from '../guarded-files.js';

/** Opens a file that vanishes when it is closed; undefined if that fails. */
export function openNameless(): number | undefined {
  return attempt(() => {
    const folder = mkdtempSync(join(tmpdir(), 'vports-'));
    try {
      return openNew(join(folder, 'texts'), 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
