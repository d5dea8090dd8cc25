import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { notingPackages } from './notices.mjs';

/** As esbuild, and what comes from packages is noted. */
const build = (options) => bundle({ ...options, plugins: [...(options.plugins ?? []), notingPackages] });

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

/** The ES module can be cut down to what is used; the CommonJS one that node would take cannot. */
const ES_MODULES = {
  'isomorphic-git': './node_modules/isomorphic-git/index.js',
  'isomorphic-git/models': './node_modules/isomorphic-git/models/index.js',
  'isomorphic-git/http/node': './node_modules/isomorphic-git/http/node/index.js',
};

/** Parts that few commands need are files of their own, which the others do not even read. */
const PARTS = {
  codec: 'src/log/git/codec.ts',
  'http-codec': 'src/log/git/http-codec.ts',
  help: 'src/cli/help.ts',
  mcp: 'src/mcp/mcp.ts',
  templates: 'src/log/create/templates.ts',
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

/** What few commands use of others, likewise: the name of the file, and the package. */
const PACKAGES = { yaml: 'yaml', 'csv-parse': 'csv-parse/sync' };
const packagesAsFiles = {
  name: 'packages-as-files',
  setup({ onResolve }) {
    for (const [name, id] of Object.entries(PACKAGES))
      onResolve({ filter: new RegExp(`^${id}$`) }, ({ importer }) =>
        importer === '' ? undefined : { path: `./${name}.cjs`, external: true },
      );
  },
};

/** oclif's own way to end a program on an error, which is ours here: it would load all of its help at every start. */
const withoutOclifsEnd = {
  name: 'without-oclifs-end',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/handle$/ }, ({ importer }) =>
      importer.replaceAll('\\', '/').endsWith('@oclif/core/lib/errors/index.js')
        ? { path: 'handle', namespace: 'none' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'exports.handle = undefined;' }));
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
      "import { main as start, runProgram as run } from './src/cli/main.ts';",
      'export const COMMANDS = {',
      ...commandFiles.map(getter),
      '};',
      'export const main = (argv) => start(argv, COMMANDS);',
      'export const runProgram = (argv) => run(argv, COMMANDS);',
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

/** What a new registry is made of, by path from `registry-repo/`. */
function templates() {
  const root = 'registry-repo';
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
  const paths = files.map((it) => join(it.parentPath, it.name).replaceAll('\\', '/')).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]));
}

async function definitions() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  return {
    VPORTS_TEMPLATES: JSON.stringify(templates()),
    VPORTS_PROGRAM_HASH: JSON.stringify(await programHash()),
    VPORTS_VERSION: JSON.stringify(version),
    VPORTS_FIRST_WORDS: JSON.stringify([...new Set(commandFiles.map((it) => it.split(/[/.]/)[0]))]),
  };
}

export async function bundleProgram() {
  const define = await definitions();
  const program = { ...commonJs, define: { ...define, 'import.meta.url': '__url' } };
  await Promise.all([
    build({
      ...program,
      stdin: commandsEntry(),
      outfile: 'dist/cli.cjs',
      plugins: [partsAsFiles, packagesAsFiles, withoutOclifsEnd],
    }),
    ...Object.entries(PACKAGES).map(([name, id]) =>
      build({ ...program, entryPoints: [id], outfile: `dist/${name}.cjs` }),
    ),
    ...Object.entries(PARTS).map(([name, file]) =>
      build({
        ...program,
        entryPoints: [file],
        outfile: `dist/${name}.cjs`,
        alias: ES_MODULES,
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
  for (const name of readdirSync('dist').filter((it) => it.endsWith('.cjs')))
    writeAsAscii(join('dist', name));
  for (const name of ['vports', 'port-registry']) chmodSync(join('dist', `${name}.cjs`), 0o755);
}

/**
 * One character beyond ASCII, and V8 keeps and reads all of a file with two bytes for each: 7 ms of every start. esbuild leaves
 * those of regular expressions as they are; an escape means the same in every place where they can stand.
 */
function writeAsAscii(file) {
  const text = readFileSync(file, 'utf8');
  const escaped = text.replace(/[^\0-\x7f]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (escaped !== text) writeFileSync(file, escaped);
}

/** What packages written as CommonJS ask of node: an ES module imports it, and every bundler follows that. */
const nodeByImport = {
  name: 'node-by-import',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(node:)?(${builtinModules.join('|')})$`) }, ({ path, kind }) =>
      kind === 'require-call' ? { path: path.replace(/^node:/, ''), namespace: 'node' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'node' }, ({ path }) => ({
      contents: `export * from 'node:${path}'; export { default } from 'node:${path}';`,
    }));
  },
};

export async function bundleLibrary() {
  await build({
    ...common,
    define: {
      ...(await definitions()),
      VPORTS_MAP_PAGE: JSON.stringify(readFileSync('dist/map.html', 'utf8')),
    },
    entryPoints: ['src/index.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    mainFields: ['module', 'main'],
    alias: ES_MODULES,
    plugins: [nodeByImport],
  });
}
