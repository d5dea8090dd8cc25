/**
 * Runs tests on a network of their own, where that can be had (root on Linux): no other program is on their ports, and the
 * kernel takes the ports of outgoing connections from above all ranges. Gives vitest's exit code.
 */
import { spawnSync } from 'node:child_process';

export function runVitest(args, env = {}) {
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...args];
  const [command, ...rest] = canBeAlone() ? ['unshare', ...alone(...vitest)] : vitest;
  return spawnSync(command, rest, { stdio: 'inherit', env: { ...process.env, ...env } }).status ?? 1;
}

function canBeAlone() {
  return (
    process.platform === 'linux' && spawnSync('unshare', alone('true'), { stdio: 'ignore' }).status === 0
  );
}

function alone(...command) {
  const setUp =
    'ip link set lo up && echo "50000 60999" > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"';
  return ['--net', 'sh', '-c', setUp, 'sh', ...command];
}
