/** `npm run bench [NAME…]`: each prints figures and ratios of one run on this machine. */
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';
import { findProgram } from '../test/support/programs.mjs';

const all = readdirSync('bench').flatMap((name) => /^(.*)\.bench\.ts$/.exec(name)?.[1] ?? []);
const wanted = process.argv.slice(2);
/** Programs beside Node and git. What lacks one is left out, and said at the end. */
const NEEDS = { 'far-remote': ['sshd', 'ssh-keygen'], host: ['nc'], map: ['chromium'] };
const lacking = [];

for (const name of all.filter((it) => wanted.length === 0 || wanted.includes(it))) {
  const missing = (NEEDS[name] ?? []).filter((it) => findProgram(it) === undefined);
  if (missing.length > 0) {
    lacking.push(`${name} needs ${missing.join(' and ')}`);
    continue;
  }
  const outfile = `.bench/${name}.mjs`;
  await build({
    entryPoints: [`bench/${name}.bench.ts`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  console.log(`\n## ${name}\n`);
  await import(`../${outfile}`);
}
if (lacking.length > 0) {
  console.error(`not measured, as a program is not installed: ${lacking.join('; ')}`);
  process.exitCode = 1;
}
