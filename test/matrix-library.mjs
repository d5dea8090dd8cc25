/**
 * The library as a project takes it in, from the packed package alone: its types under each way that TypeScript finds a module, without
 * skipLibCheck and without the types of node; and one file that each bundler makes of a program that uses it, which runs elsewhere.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAM = `
import { initRegistry, openRegistry } from 'vports';
async function main() {
  await initRegistry('ports');
  const registry = await openRegistry({ path: 'ports' });
  const { ports } = await registry.allocate('web', { ports: ['api'] });
  const { available } = await registry.check('25000');
  const { ports: drawn } = await registry.map({ out: 'map.html' });
  await registry.import(['compose.yaml'], { dryRun: true });
  console.log([ports.get('api').port, available, drawn].join());
  await registry.close();
}
void main();
`;

const TYPED = `
import { openRegistry, VportsError, type PortEvent } from 'vports';
export async function last(): Promise<number | undefined> {
  const registry = await openRegistry();
  const [event]: PortEvent[] = await registry.log({ limit: 1 });
  const range: string | undefined = event?.type === 'port.allocated' ? event.range : undefined;
  // @ts-expect-error: an event of another type has none.
  void (event?.type === 'port.released' ? event.range : undefined);
  const { ports } = await registry.allocate(range ?? 'web').catch((error: unknown) => {
    throw error instanceof VportsError ? new Error(error.hint) : error;
  });
  return ports.get('main')?.port;
}
`;

/** How TypeScript finds modules, and what the file is called that imports. */
const MODES = [
  ['nodenext', 'nodenext', 'typed.mts'],
  ['nodenext', 'nodenext', 'typed.cts'],
  ['node16', 'node16', 'typed.mts'],
  ['esnext', 'bundler', 'typed.mts'],
  ['preserve', 'bundler', 'typed.ts'],
];

const BUNDLERS = {
  'esbuild to an ES module': [
    'esbuild',
    'app.mjs',
    '--bundle',
    '--platform=node',
    '--format=esm',
    '--outfile=out/app.mjs',
  ],
  'esbuild to CommonJS': [
    'esbuild',
    'app.mjs',
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--outfile=out/app.cjs',
  ],
  rolldown: ['rolldown', 'app.mjs', '--platform', 'node', '--dir', 'out'],
  rollup: ['rollup', 'app.mjs', '--plugin', 'node-resolve', '--dir', 'out', '--entryFileNames', 'app.mjs'],
  webpack: [
    'webpack',
    'build',
    './app.mjs',
    '--target',
    'node20',
    '--mode',
    'production',
    '-o',
    'out',
    '--output-filename',
    'app.cjs',
  ],
};
const PACKAGES = [
  ...['esbuild@0.28', 'rolldown@1', 'rollup@4', '@rollup/plugin-node-resolve@16'],
  ...['webpack@5', 'webpack-cli@6', 'typescript@5.9'],
];

/** `tarball` is what `npm pack` made; `folder` is there for this alone. */
export function checkLibrary(tarball, folder) {
  mkdirSync(folder, { recursive: true });
  const run = (program, args) =>
    execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', tarball, ...PACKAGES]);
  writeFileSync(join(folder, 'app.mjs'), PROGRAM);
  for (const name of new Set(MODES.map(([, , file]) => file))) writeFileSync(join(folder, name), TYPED);
  for (const compiler of [join(folder, 'node_modules/typescript/bin/tsc'), 'node_modules/typescript/bin/tsc'])
    for (const [module, moduleResolution, file] of MODES) {
      const common = { strict: true, noEmit: true, target: 'es2023', lib: ['es2023'], types: [] };
      const compilerOptions = { ...common, module, moduleResolution };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
      execFileSync(process.execPath, [compiler, '-p', folder], { stdio: 'inherit' });
    }
  for (const [name, [program, ...args]] of Object.entries(BUNDLERS)) {
    const place = join(folder, name.replaceAll(' ', '-'));
    mkdirSync(place);
    run(
      join(folder, 'node_modules/.bin', program),
      args.map((it) => it.replace(/^(--out\w+=)?out/, `$1${place}`)),
    );
    const file = ['app.mjs', 'app.cjs', 'app.js'].map((it) => join(place, it)).find((it) => existsSync(it));
    writeFileSync(join(place, 'compose.yaml'), 'services:\n  db:\n    ports: ["25001:5432"]\n');
    // A home of its own: ports that other registries of a user hold are granted last.
    const env = { PATH: process.env.PATH, HOME: place };
    const said = execFileSync(process.execPath, [file], { cwd: place, encoding: 'utf8', env });
    assert.equal(said, '30000,true,1\n', name);
  }
  console.log(
    `the library is typed in ${MODES.length} modes, and bundled by ${Object.keys(BUNDLERS).join(', ')}`,
  );
}
