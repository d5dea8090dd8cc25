import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
};

/** One file for all commands, as CommonJS: node starts it in half the time of the same code as ES modules. */
const commonJs = {
  ...common,
  format: 'cjs',
  minify: true,
  // What is started from V8's cache may ask for more by require(), not by import().
  supported: { 'dynamic-import': false },
  // jsonc-parser's CommonJS build asks for its parts in a way no bundler follows.
  mainFields: ['module', 'main'],
  banner: { js: `const __url=require('node:url').pathToFileURL(__filename).href;` },
};

/** Parts that few commands need are files of their own, which the others do not even read. */
const PARTS = {
  codec: 'src/log/git/codec.ts',
  'http-codec': 'src/log/git/http-codec.ts',
  help: 'src/cli/help.ts',
  mcp: 'src/mcp/mcp.ts',
};
const partsAsFiles = {
  name: 'parts-as-files',
  setup({ onResolve }) {
    for (const name of Object.keys(PARTS))
      onResolve({ filter: new RegExp(`/${name}\\.js$`) }, ({ importer }) =>
        importer.includes('node_modules') ? undefined : { path: `./${name}.cjs`, external: true },
      );
  },
};

const commandFiles = readdirSync('commands', { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'))
  .sort();

/** A getter a command: only the one that runs is evaluated. */
function commandsEntry() {
  const getter = (file) => {
    const id = file.replace(/\.ts$/, '').replaceAll('/', ':');
    return `get '${id}'() { return require('./commands/${file}').default; },`;
  };
  return {
    contents: [
      "import { main as run } from './src/cli/main.ts';",
      'export const COMMANDS = {',
      ...commandFiles.map(getter),
      '};',
      'export const main = (argv) => run(argv, COMMANDS);',
    ].join('\n'),
    resolveDir: '.',
    loader: 'ts',
  };
}

/** What folds, reads and checks is all of the program: what is kept of its work is named after all files that it is made of. */
async function programHash() {
  const { metafile } = await build({
    ...commonJs,
    stdin: commandsEntry(),
    metafile: true,
    define: { 'import.meta.url': '__url' },
    write: false,
    outdir: 'dist',
  });
  const hash = createHash('sha256');
  for (const file of Object.keys(metafile.inputs).sort()) {
    if (file !== '<stdin>') hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function definitions() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  return {
    VPORTS_PROGRAM_HASH: JSON.stringify(await programHash()),
    VPORTS_VERSION: JSON.stringify(version),
    VPORTS_FIRST_WORDS: JSON.stringify([...new Set(commandFiles.map((it) => it.split(/[/.]/)[0]))]),
  };
}

export async function bundleProgram() {
  const define = await definitions();
  const program = { ...commonJs, define: { ...define, 'import.meta.url': '__url' } };
  await Promise.all([
    build({ ...program, stdin: commandsEntry(), outfile: 'dist/cli.cjs', plugins: [partsAsFiles] }),
    ...Object.entries(PARTS).map(([name, file]) =>
      build({
        ...program,
        entryPoints: [file],
        outfile: `dist/${name}.cjs`,
        // The ES module can be cut down to what is used; the CommonJS one that node would take cannot.
        alias: {
          'isomorphic-git': './node_modules/isomorphic-git/index.js',
          'isomorphic-git/models': './node_modules/isomorphic-git/models/index.js',
          'isomorphic-git/http/node': './node_modules/isomorphic-git/http/node/index.js',
        },
      }),
    ),
    ...['vports', 'port-registry'].map((name) =>
      build({
        ...common,
        format: 'cjs',
        entryPoints: ['src/cli/launch.ts'],
        banner: { js: '#!/usr/bin/env node' },
        define,
        outfile: `dist/${name}.cjs`,
      }),
    ),
  ]);
  for (const name of ['vports', 'port-registry']) chmodSync(join('dist', `${name}.cjs`), 0o755);
}

export async function bundleLibrary() {
  await build({
    ...common,
    define: await definitions(),
    entryPoints: ['src/index.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    packages: 'external',
  });
}
