import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file that goes with whoever has it open, to write and to read; undefined where none can be made. */
export function openNameless(): number | undefined {
  try {
    const folder = mkdtempSync(join(tmpdir(), 'vports-'));
    try {
      return openSync(join(folder, 'texts'), 'wx+', 0o600);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  } catch {
    return undefined;
  }
}
