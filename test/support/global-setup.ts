import { accessSync, constants, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run has at the same time is smaller, in bytes. */
const ENOUGH = 4 * 2 ** 30;

/** The end-to-end tests run the built program, as users do. */
export default function setup(): () => void {
  if (!existsSync('dist/vports.cjs')) throw new Error('dist/ is missing: run `npm run build` first');
  // No test may depend on whose machine it runs on.
  for (const name of ['CI', 'VPORTS_REGISTRY', 'VPORTS_HOST_LOG', 'EMAIL', 'GIT_DIR', 'GIT_INDEX_FILE'])
    delete process.env[name];
  const fast = process.env.TMPDIR === undefined ? inMemory() : undefined;
  if (fast !== undefined) process.env.TMPDIR = fast;
  const cache = mkdtempSync(join(tmpdir(), 'vports-test-cache-'));
  process.env.VPORTS_TEST_CACHE = cache;
  process.env.XDG_CACHE_HOME = cache;
  // What tests make through the library is not the user's either.
  process.env.XDG_DATA_HOME = join(cache, 'data');
  return () => rmSync(cache, { recursive: true, force: true, maxRetries: 5 });
}

/** A folder of the system's in memory, with room for a run: no test needs a disk but those that cut its power, which bring their own. */
function inMemory(): string | undefined {
  const folder = '/dev/shm';
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH ? folder : undefined;
  } catch {
    return undefined;
  }
}
