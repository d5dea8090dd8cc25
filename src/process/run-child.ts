import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import spawn from 'cross-spawn';
import { errno } from '../errors.js';

/** Signals from outer programs that are forwarded to the command. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

export interface Ended {
  /** As in a shell: the command's own code, 128 + n for signal n, 127 not found, 126 not executable. */
  status: number;
  /** Error code if it never started: `ENOENT`, `EACCES`. */
  never?: string | undefined;
  forwarded?: NodeJS.Signals | undefined;
}

/** Milliseconds before a command that ignores SIGTERM is killed. */
const GRACE = 5_000;

/**
 * Runs a command on our own terminal, forwards signals, and waits for its end. `started` gets its pid and a function that ends it.
 * Ctrl-C at a terminal reaches the command directly, as it is in the same process group, and is not sent twice.
 */
export function runChild(
  [command, ...args]: string[],
  { env, cwd }: { env: NodeJS.ProcessEnv; cwd?: string | undefined },
  started: (pid: number, end: () => void) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    const failed = (error: unknown) => {
      const never = errno(error) ?? 'unknown';
      resolve({ status: never === 'ENOENT' ? 127 : 126, never });
    };
    let child: ChildProcess;
    try {
      child = spawn(command!, args, { env, cwd, stdio: 'inherit' });
    } catch (error) {
      // Node throws some errors of the system and reports others by an event.
      return failed(error);
    }
    const fromTerminal = process.stdin.isTTY === true;
    let forwarded: NodeJS.Signals | undefined;
    const pass = (signal: NodeJS.Signals) => {
      forwarded = signal;
      if (!(fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, pass);
    // The handlers stay: what is left to do after the command has ended must not be interrupted.
    const ended = (status: number) => resolve({ status, forwarded });
    const end = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
    };
    let running = false;
    child.once('spawn', () => {
      running = true;
      started(child.pid!, end);
    });
    // Later errors are signals that could not be forwarded; the command runs all the same.
    child.on('error', (error) => {
      if (!running) failed(error);
    });
    child.once('exit', (code, signal) => ended(signal ? 128 + constants.signals[signal] : (code ?? 128)));
  });
}
