/** Builds dist/: one bundled entry per command, the library with its types, and oclif's manifest. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));

rmSync('dist', { recursive: true, force: true });

/** What folds events decides what a cache means: its content names the caches. */
const fold = createHash('sha256');
for (const file of [
  ...filesIn('events'),
  'src/log/fold.ts',
  'src/log/folded.ts',
  'src/policy/policy-file.ts',
])
  fold.update(readFileSync(file));

const commands = Object.fromEntries(filesIn('commands').map((file) => [file.replace(/\.ts$/, ''), file]));
await build({
  entryPoints: { ...commands, vports: 'src/cli/vports.ts', index: 'src/index.ts' },
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // jsonc-parser's CommonJS build asks for its parts in a way no bundler follows.
  mainFields: ['module', 'main'],
  target: 'node20',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  define: { VPORTS_FOLD_HASH: JSON.stringify(fold.digest('hex').slice(0, 16)) },
  // @oclif/core and isomorphic-git are CommonJS and ask for node's modules at run time.
  // Its ES module can be cut down to what is used; the CommonJS one that node would take cannot.
  alias: { 'isomorphic-git': './node_modules/isomorphic-git/index.js' },
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
});
chmodSync('dist/vports.js', 0o755);

const { Plugin } = await import('@oclif/core');
const plugin = new Plugin({
  root: process.cwd(),
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
writeFileSync('oclif.manifest.json', `${JSON.stringify(plugin.manifest)}\n`);

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  stdio: 'inherit',
});
