import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { isAbsolute } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { PortRef } from '../../events/port.js';
import { sameAs, socketTable } from '../../src/host/sockets.js';
import { findProgram } from './programs.mjs';

/** A process of the test's own; it ends with the test. */
export function child(command: string, args: string[], options: SpawnOptions = {}): ChildProcess {
  if (!isAbsolute(command) && !findProgram(command)) throw new Error(`${command} is not installed`);
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

/** A program of node's that listens on a port of 127.0.0.1. */
export function listenScript(port: number, address = '127.0.0.1'): string {
  return `require('net').createServer().listen(${port}, '${address}', () => console.log('listening'))`;
}

/** A node server on a port of 127.0.0.1, which listens when this returns. */
export async function serve(port: number, options: SpawnOptions = {}): Promise<ChildProcess> {
  return running(listenScript(port), options);
}

/** A program of node's, once it has printed something. */
export async function running(script: string, options: SpawnOptions = {}): Promise<ChildProcess> {
  const program = child(process.execPath, ['-e', script], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(program.stdout!, 'data');
  return program;
}
