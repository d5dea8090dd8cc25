import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** A sample of `npm run fuzz`, whose 100,000 take minutes. */
test('hostile trees, policies and events neither crash, hang nor steer a terminal', {
  tags: ['slow'],
}, () => {
  const out = execFileSync(process.execPath, ['test/fuzz/run.mjs', '600'], { encoding: 'utf8' });
  expect(out).toMatch(/^600 cases in \d+ s: no crash, no hang, no raw control character\n$/);
});
