import { spawnSync } from 'node:child_process';

/** Runs a program of the system synchronously, as locks are checked between two steps. Empty output if it fails. */
export function outputNow(program: string, args: string[]): string {
  const { stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 10_000,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    windowsHide: true,
  });
  return stdout ?? '';
}

/** Start of this process by the clock used for starts of processes: milliseconds since 1970, in decimal. */
export function startOfNode(): string {
  return String(Math.round(Date.now() - process.uptime() * 1000));
}
