import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { PortRef } from '../../events/port.js';
import { sameAs, socketTable } from '../../src/host/sockets.js';

/** A process of the test's own; it ends with the test. */
export function child(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  const started = spawn(command, args, { stdio: 'ignore', ...options });
  onTestFinished(() => void started.kill('SIGKILL'));
  return started;
}

/** Waits until `condition` gives something. The test's own time limit ends it. */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found as T;
    await pause(20);
  }
}

/** Whether the system's table has the port: a bind probe could take it in the very moment a server wants it. */
export async function isListedAs(ref: PortRef): Promise<boolean> {
  return (await (await socketTable()).bound()).some(sameAs(ref));
}

/** A node server on a port of 127.0.0.1, which listens when this returns. */
export async function serve(port: number, options: SpawnOptions = {}): Promise<ChildProcess> {
  const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('listening'))`;
  const server = child(process.execPath, ['-e', script], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout!, 'data');
  return server;
}
