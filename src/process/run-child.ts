import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import spawn from 'cross-spawn';
import { errno } from '../errors.js';

/** What an outer program may be told to do, and tells the command in turn. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

export interface Ended {
  /** As a shell would say it: the command's own code, 128 + n for signal n, 127 not found, 126 cannot be run. */
  status: number;
  /** Why it never started, as the system says it: `ENOENT`, `EACCES`. */
  never?: string | undefined;
  /** What it was last told from outside, and was passed on. */
  told?: NodeJS.Signals | undefined;
}

/** How long a command that is ended has for it, in milliseconds. */
const GRACE = 5_000;

/**
 * Runs a command on our own terminal, passes signals on, and waits for its end. `started` is told its pid, and how to end it.
 * From a terminal, Ctrl-C reaches the command directly, as it is in the same process group: it is not sent twice.
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
      // Node throws some of what the system says, and tells the rest by an event.
      return failed(error);
    }
    const fromTerminal = process.stdin.isTTY === true;
    let told: NodeJS.Signals | undefined;
    const pass = (signal: NodeJS.Signals) => {
      told = signal;
      if (!(fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    };
    for (const signal of PASSED_ON) process.on(signal, pass);
    // Handled to the last: what is left to do after the command is done first.
    const ended = (status: number) => resolve({ status, told });
    const end = () => {
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), GRACE).unref();
    };
    let running = false;
    child.once('spawn', () => {
      running = true;
      started(child.pid!, end);
    });
    // Later ones tell of a signal that could not be passed on; the command runs all the same.
    child.on('error', (error) => {
      if (!running) failed(error);
    });
    child.once('exit', (code, signal) => ended(signal ? 128 + constants.signals[signal] : (code ?? 128)));
  });
}
