/** One look at the system's tables against one bind probe per port. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type PortKey, portKey } from '../events/port.js';
import { isBound } from '../src/host/bind-probe.js';
import { socketTable } from '../src/host/sockets.js';
import { createRegistry } from '../src/log/create/create.js';
import { allocate } from '../src/registry/decide/allocate.js';
import { Registry } from '../src/registry/registry.js';
import { loadView } from '../src/registry/state/load-view.js';
import { Logs } from '../src/registry/state/logs.js';
import { machine, median, print, time, workFolder } from './measure.js';

const ROUNDS = 15;

/** A process of its own that listens on every port from `first`, as far as nobody else does. */
async function listeners(first: number, count: number): Promise<ChildProcess> {
  const script = `const net = require('net'); let open = 0;
    for (let port = ${first}; port < ${first + count}; port++) {
      const done = () => { if (++open === ${count}) console.log('listening'); };
      net.createServer().on('error', done).listen(port, '127.0.0.1', done);
    }`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  await once(child.stdout!, 'data');
  return child;
}

const folder = workFolder();
process.env.VPORTS_HOST_LOG = join(folder, 'host.git');
process.env.GIT_AUTHOR_NAME = 'Ada Lovelace';
process.env.GIT_AUTHOR_EMAIL = 'ada@example.com';
console.log(machine(folder), '\n');

const table = await socketTable();
const probes = async (first: number, count: number) => {
  for (let port = first; port < first + count; port++) await isBound({ port, protocol: 'tcp' });
};

const thousand = await listeners(25000, 1_000);
const looks: Record<string, number[]> = { bound: [], owners: [], probes: [] };
for (let round = 0; round < ROUNDS; round++) {
  looks.bound!.push(...(await time(1, () => table.bound())));
  looks.owners!.push(...(await time(1, () => table.listeners(() => true))));
  looks.probes!.push(...(await time(1, () => probes(25000, 1_000))));
}
thousand.kill();
await once(thousand, 'exit');
const [bound, owners, probed] = Object.values(looks).map(median) as [number, number, number];
print([
  {
    '1,000 listeners': 'the table: which ports',
    'median (ms)': bound.toFixed(1),
    'times faster than probes': (probed / bound).toFixed(1),
  },
  {
    '1,000 listeners': 'the table: and whose',
    'median (ms)': owners.toFixed(1),
    'times faster than probes': (probed / owners).toFixed(1),
  },
  {
    '1,000 listeners': 'a bind probe per port',
    'median (ms)': probed.toFixed(1),
    'times faster than probes': '1.0',
  },
]);

const busy = await listeners(30000, 900);
const path = join(folder, 'ports.git');
await createRegistry(path, { bare: true });
const registry = Registry.open({ path, cwd: folder });
await registry.allocate('warm');
/** What allocating comes to without a table, as on a system that has none: what was chosen is tried, and chosen again. */
const logs = new Logs({ path, from: 'option' });
async function byProbes(resource: string): Promise<number> {
  const busy = new Set<PortKey>();
  for (;;) {
    const view = await loadView(logs, busy);
    const [granted] = allocate(view, { resource, wants: [{ name: 'main', protocol: 'tcp' }] }).answer;
    if (!(await isBound(granted!))) return granted!.port;
    busy.add(portKey(granted!));
  }
}

/** As a script asks: a process for each port, until one says that nothing answers. */
function byProcesses(): number {
  for (let port = 30000; ; port++) {
    if (spawnSync('nc', ['-z', '127.0.0.1', String(port)]).status !== 0) return port;
  }
}

const runs: Record<string, number[]> = {
  'allocate, whole, with its commit': [],
  'choosing a port (allocate --dry-run)': [],
  'choosing it without the table, a bind probe for each': [],
  'nothing but the 900 binds, in one process': [],
  'a process (nc -z) for each port': [],
};
const [whole, choosing, probing, bare, processes] = Object.values(runs) as [
  number[],
  number[],
  number[],
  number[],
  number[],
];
for (let round = 0; round < ROUNDS; round++) {
  whole.push(...(await time(1, () => registry.allocate(`service-${round}`))));
  choosing.push(...(await time(1, () => registry.allocate(`service-${round}x`, { dryRun: true }))));
  probing.push(...(await time(1, () => byProbes(`service-${round}x`))));
  bare.push(...(await time(1, () => probes(30000, 900))));
}
processes.push(...(await time(1, byProcesses)));
await registry.close();
await logs.close();
busy.kill();
console.log();
const best = median(choosing);
print(
  Object.entries(runs).map(([what, taken]) => ({
    '900 busy ports first': what,
    'median (ms)': median(taken).toFixed(1),
    'times the table': (median(taken) / best).toFixed(1),
  })),
);
