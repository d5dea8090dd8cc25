import { readFileSync } from 'node:fs';
import { build } from 'esbuild';
import { planting } from './planted-faults.mjs';

const SHARED = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' };
/** Those of a package that are made for node load it in a way that no context of its own can. */
const GIT = './node_modules/isomorphic-git';

/** Bundles what runs inside of a simulated process, with a planted fault, and the simulation around it. Gives the folder. */
export async function bundleSimulation(fault) {
  const folder = `.bench/simulation${fault ? `-${fault.replaceAll(' ', '-')}` : ''}`;
  await Promise.all([
    build({
      ...SHARED,
      entryPoints: ['test/simulation/program.ts'],
      outfile: `${folder}/program.js`,
      format: 'iife',
      plugins: fault ? [planting(fault)] : [],
      supported: { 'dynamic-import': false },
      mainFields: ['module', 'main'],
      define: {
        VPORTS_PROGRAM_HASH: '"simulated"',
        VPORTS_VERSION: JSON.stringify(JSON.parse(readFileSync('package.json', 'utf8')).version),
        'import.meta.url': '"file:///program.js"',
      },
      alias: {
        'isomorphic-git': `${GIT}/index.js`,
        'isomorphic-git/models': `${GIT}/models/index.js`,
        'isomorphic-git/http/node': `${GIT}/http/node/index.js`,
      },
    }),
    build({
      ...SHARED,
      entryPoints: ['test/simulation/simulation.ts'],
      outfile: `${folder}/simulation.mjs`,
      format: 'esm',
      packages: 'external',
    }),
  ]);
  return folder;
}
