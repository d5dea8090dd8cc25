/**
 * `npm run simulation -- [--seeds N] [--from SEED] [--seconds S] [--commands N] [--trace] [--plant FAULT]`: runs of the real log and the real writer in
 * simulated worlds, by the number of their seed. A run that breaks a promise is named, with what it broke; its seed repeats it.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import vm from 'node:vm';
import { build } from 'esbuild';
import { planting } from './planted-faults.mjs';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000000000' },
    from: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    commands: { type: 'string', default: '60' },
    machines: { type: 'string', default: '3' },
    plant: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const FOLDER = '.bench/simulation';
const shared = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };
await Promise.all([
  build({
    ...shared,
    entryPoints: ['test/simulation/program.ts'],
    outfile: `${FOLDER}/program.js`,
    format: 'iife',
    plugins: values.plant ? [planting(values.plant)] : [],
    supported: { 'dynamic-import': false },
    mainFields: ['module', 'main'],
    define: {
      VPORTS_PROGRAM_HASH: '"simulated"',
      VPORTS_VERSION: '"0"',
      'import.meta.url': '"file:///program.js"',
    },
    alias: {
      'isomorphic-git': './node_modules/isomorphic-git/index.js',
      'isomorphic-git/models': './node_modules/isomorphic-git/models/index.js',
      'isomorphic-git/http/node': './node_modules/isomorphic-git/http/node/index.js',
    },
  }),
  build({
    ...shared,
    entryPoints: ['test/simulation/simulation.ts'],
    outfile: `${FOLDER}/simulation.mjs`,
    format: 'esm',
    packages: 'external',
  }),
]);
const { Simulation } = await import(pathToFileURL(resolve(`${FOLDER}/simulation.mjs`)).href);
const program = new vm.Script(readFileSync(`${FOLDER}/program.js`, 'utf8'), { filename: 'program.js' });

// A process that was killed leaves promises that nobody waits for any more.
process.on('unhandledRejection', (error) => {
  if (!error?.isKilled) throw error;
});

const begun = performance.now();
const sum = { seeds: 0, commands: 0, steps: 0, killed: 0, mostPushes: 0, longest: 0 };
const refusals = new Map();
const broken = [];
for (
  let seed = Number(values.from);
  sum.seeds < Number(values.seeds) && performance.now() - begun < Number(values.seconds) * 1_000;
  seed++
) {
  const outcome = new Simulation(
    { seed, machines: Number(values.machines), commands: Number(values.commands) },
    program,
  ).run();
  sum.seeds++;
  for (const key of ['commands', 'steps', 'killed']) sum[key] += outcome[key];
  for (const key of ['mostPushes', 'longest']) sum[key] = Math.max(sum[key], outcome[key]);
  for (const [code, count] of outcome.refusals) refusals.set(code, (refusals.get(code) ?? 0) + count);
  if (values.trace) console.log(outcome.trace.join('\n'));
  if (outcome.broken.length > 0) {
    broken.push(seed);
    console.log(`seed ${seed}:\n  ${outcome.broken.join('\n  ')}`);
    if (broken.length >= 10) break;
  }
}
const seconds = (performance.now() - begun) / 1_000;
console.log(
  `${sum.seeds} seeds, ${sum.commands} commands (${Math.round(sum.commands / seconds)} a second), ${sum.steps} steps, ${sum.killed} killed; at most ${sum.mostPushes} pushes and ${Math.round(sum.longest / 1_000)} s for one command`,
);
console.log(
  `refused: ${
    [...refusals]
      .sort()
      .map(([code, count]) => `${code} ${count}`)
      .join(', ') || 'none'
  }`,
);
console.log(broken.length === 0 ? 'no promise was broken' : `broken: seeds ${broken.join(', ')}`);
process.exit(broken.length === 0 ? 0 : 1);
