/**
 * `npm run simulation -- [--seconds S] [--seeds N] [--from SEED] [--jobs N] [--plant FAULT] [--trace]`: runs of the real log and the
 * real writer in simulated worlds, each by its seed, which repeats it. A run that breaks a promise is named, with what it broke.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import vm from 'node:vm';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { bundleSimulation } from './bundle.mjs';

/** Broken promises after which there is nothing more to learn. */
const ENOUGH = 5;

if (isMainThread) await main();
else await work(workerData);

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      seeds: { type: 'string', default: 'Infinity' },
      from: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(availableParallelism()) },
      commands: { type: 'string', default: '60' },
      machines: { type: 'string', default: '3' },
      plant: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  });
  const folder = await bundleSimulation(values.plant);
  const { seeds, broken, sum, refusals, seconds } = await runSeeds(values, folder);
  const each = `${sum.commands} commands (${Math.round(sum.commands / seconds)} a second), ${sum.steps} steps`;
  const most = `at most ${sum.mostPushes} pushes and ${Math.round(sum.longest / 1_000)} simulated seconds for one command`;
  console.log(`${seeds} seeds, ${each}, ${sum.killed} killed; ${most}`);
  console.log(
    `refused: ${
      [...refusals]
        .sort()
        .map((it) => it.join(' '))
        .join(', ') || 'none'
    }`,
  );
  console.log(broken.length === 0 ? 'no promise was broken' : `broken: seeds ${broken.join(', ')}`);
  process.exit(broken.length === 0 ? 0 : 1);
}

async function runSeeds(values, folder) {
  const sum = { commands: 0, steps: 0, killed: 0, mostPushes: 0, longest: 0 };
  const refusals = new Map();
  const broken = [];
  const last = Number(values.from) + Number(values.seeds);
  let [next, seeds] = [Number(values.from), 0];
  const begun = performance.now();
  const passed = () => (performance.now() - begun) / 1_000;
  const goesOn = () =>
    next < last && passed() < Number(values.seconds) && broken.length < (values.plant ? 1 : ENOUGH);
  const take = (outcome) => {
    seeds++;
    for (const key of ['commands', 'steps', 'killed']) sum[key] += outcome[key];
    for (const key of ['mostPushes', 'longest']) sum[key] = Math.max(sum[key], outcome[key]);
    for (const [code, count] of outcome.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count);
    if (values.trace) console.log(outcome.trace.join('\n'));
    if (outcome.broken.length === 0) return;
    broken.push(outcome.seed);
    console.log(`seed ${outcome.seed}:\n  ${outcome.broken.join('\n  ')}`);
  };
  const plan = { machines: Number(values.machines), commands: Number(values.commands) };
  const worker = () =>
    new Promise((done, fail) => {
      const thread = new Worker(new URL(import.meta.url), { workerData: { folder } });
      const give = () => {
        if (goesOn()) thread.postMessage({ ...plan, seed: next++ });
        else thread.terminate().then(done);
      };
      thread.on('message', (outcome) => {
        take(outcome);
        give();
      });
      thread.on('error', fail);
      give();
    });
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
  return { seeds, broken, sum, refusals, seconds: passed() };
}

async function work({ folder }) {
  const { Simulation } = await import(pathToFileURL(resolve(folder, 'simulation.mjs')).href);
  const program = new vm.Script(readFileSync(`${folder}/program.js`, 'utf8'), { filename: 'program.js' });
  // A process that was killed leaves promises that nobody waits for any more.
  process.on('unhandledRejection', (error) => {
    if (!error?.isKilled) throw error;
  });
  parentPort.on('message', (plan) => parentPort.postMessage(new Simulation(plan, program).run()));
}
