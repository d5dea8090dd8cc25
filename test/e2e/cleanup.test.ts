import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { eventFiles } from '../support/git.js';
import { ADA, leased } from '../support/given.js';
import { runner } from '../support/program.js';
import { openLog, placeRegistry } from '../support/registries.js';

test('cleanup tells what is over, releases it with --fix, and keeps what still listens', async () => {
  const home = temporaryFolder();
  const path = join(home, 'host.git');
  await placeRegistry(path, { bare: true });
  const log = openLog(path);
  await log.state();
  const yesterday = Date.now() - 86_400_000;
  const events = [
    leased(48801, 'silent', yesterday),
    leased(48802, 'busy', yesterday),
    leased(48803, 'now', Date.now() + 86_400_000),
  ];
  await log.exclusively(() => log.append({ events, by: ADA, at: yesterday }));
  await log.close();
  const server = createServer().listen(48802, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');

  const vports = runner(home, { env: { VPORTS_HOST_LOG: path } });
  const told = await vports(['cleanup']);
  expect(told.stdout).toBe(
    'would release 48801/tcp silent: past its end\nkept 48802/tcp busy: past its end, but a process still listens; release it with `--force busy`',
  );
  expect(eventFiles(path)).toHaveLength(3);
  const fixed = JSON.parse((await vports(['cleanup', '--fix', '--json'])).stdout);
  expect(fixed).toMatchObject({
    released: [{ port: 48801 }],
    kept: [{ port: 48802 }],
    commits: [{ ref: 'refs/heads/main' }],
  });
  expect((await vports(['cleanup', '--fix', '--force', 'busy'])).stdout).toBe(
    'released 48802/tcp busy: past its end',
  );
  expect(JSON.parse((await vports(['list', '--json'])).stdout).ports).toMatchObject([{ port: 48803 }]);
  expect((await vports(['cleanup', '--fix'])).stdout).toBe(
    'nothing to release: no expired or orphaned leases',
  );
});
