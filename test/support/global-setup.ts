import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The end-to-end tests run the built program, as users do. */
export default function setup(): () => void {
  if (!existsSync('dist/vports.cjs')) throw new Error('dist/ is missing: run `npm run build` first');
  // No test may depend on whose machine it runs on.
  for (const name of ['CI', 'VPORTS_REGISTRY', 'VPORTS_HOST_LOG', 'EMAIL', 'GIT_DIR', 'GIT_INDEX_FILE'])
    delete process.env[name];
  const cache = mkdtempSync(join(tmpdir(), 'vports-test-cache-'));
  process.env.VPORTS_TEST_CACHE = cache;
  process.env.XDG_CACHE_HOME = cache;
  // What tests make through the library is not the user's either.
  process.env.XDG_DATA_HOME = join(cache, 'data');
  return () => rmSync(cache, { recursive: true, force: true, maxRetries: 5 });
}
