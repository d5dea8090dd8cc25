import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** What an outer program may be told to do, and tells the command in turn. */
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

export interface Ended {
  /** As a shell would say it: the command's own code, 128 + n for signal n, 127 not found, 126 cannot be run. */
  status: number;
}

/**
 * Runs a command on our own terminal, passes signals on, and waits for its end. `started` is told its pid.
 * From a terminal, Ctrl-C reaches the command directly, as it is in the same process group: it is not sent twice.
 */
export function runChild(
  [command, ...args]: string[],
  env: NodeJS.ProcessEnv,
  started: (pid: number) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command!, args, { env, stdio: 'inherit' });
    const fromTerminal = process.stdin.isTTY === true;
    const pass = (signal: NodeJS.Signals) => {
      if (!(fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    };
    for (const signal of PASSED_ON) process.on(signal, pass);
    const end = (status: number) => {
      for (const signal of PASSED_ON) process.off(signal, pass);
      resolve({ status });
    };
    child.once('spawn', () => started(child.pid!));
    child.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ENOENT' ? 127 : 126));
    child.once('exit', (code, signal) => end(signal ? 128 + constants.signals[signal] : (code ?? 0)));
  });
}
