import { spawnSync } from 'node:child_process';

/** What a program of the system prints, waited for: locks are looked at between two steps. Empty where it fails. */
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

/** When node was started, by the clock that the system notes starts by: milliseconds since 1970, in decimal. */
export function startOfNode(): string {
  return String(Math.round(Date.now() - process.uptime() * 1000));
}
