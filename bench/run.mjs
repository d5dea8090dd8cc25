/** `npm run bench [NAME…]`: each prints figures and ratios of one run on this machine. */
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

const all = readdirSync('bench').flatMap((name) => /^(.*)\.bench\.ts$/.exec(name)?.[1] ?? []);
const wanted = process.argv.slice(2);
for (const name of all.filter((it) => wanted.length === 0 || wanted.includes(it))) {
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
