/**
 * Runs the tests on a network of their own, where that can be had (root on Linux): no other program is on their ports, and
 * the kernel takes the ports of outgoing connections from above all ranges.
 */
import { spawnSync } from 'node:child_process';
import { missingPrograms, OPTIONAL } from './support/programs.mjs';

const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)];
const alone = (...command) => [
  '--net',
  'sh',
  '-c',
  'ip link set lo up && echo "50000 60999" > /proc/sys/net/ipv4/ip_local_port_range && exec "$@"',
  'sh',
  ...command,
];
const canBeAlone =
  process.platform === 'linux' && spawnSync('unshare', alone('true'), { stdio: 'ignore' }).status === 0;
const [command, ...args] = canBeAlone ? ['unshare', ...alone(...vitest)] : vitest;
const { status } = spawnSync(command, args, { stdio: 'inherit' });
for (const name of missingPrograms()) console.log(`skipped, as ${name} is not installed: ${OPTIONAL[name]}`);
process.exit(status ?? 1);
