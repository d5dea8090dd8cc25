import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { Busy } from '../../../src/host/busy.js';

async function listener(port: number) {
  const server = createServer().listen(port);
  await once(server, 'listening');
  return server;
}

test('a port that somebody only tried is not taken, and one that stays bound is', async () => {
  const ref = { port: 27_391, protocol: 'tcp' as const };
  const server = await listener(ref.port);
  const looking = new Busy();
  await looking.takes([{ ...ref, port: 27_392 }]);
  const trying = looking.takes([ref]);
  // By now it has been tried once.
  await new Promise((next) => setImmediate(next));
  server.close();
  expect(await trying).toBe(false);

  const staying = await listener(ref.port);
  const busy = new Busy();
  expect(await busy.takes([ref])).toBe(true);
  staying.close();
  await once(staying, 'close');
  // What one command has seen it goes on from.
  expect(await busy.takes([ref])).toBe(true);
});
