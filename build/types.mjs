import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const TYPES = 'dist/types';

/** What stands in for the declarations of packages, so that the types of the library need none. */
const DECLARATIONS = 'build/declarations';
const STAND_INS = { 'zod/mini': 'zod-mini', 'jsonc-parser': 'jsonc-parser' };

const IMPORT = /((?:from|import)\s*\(?\s*['"])([^'"]+)(['"])/g;

/** The declarations of the library, those that can be reached from its entry, and nothing of a package. Throws where one is imported. */
export function writeTypes() {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
    stdio: 'inherit',
  });
  const reached = new Set();
  reach(join(TYPES, 'src/index.d.ts'), reached);
  mkdirSync(join(TYPES, 'packages'));
  for (const name of Object.values(STAND_INS)) {
    const file = join(TYPES, 'packages', `${name}.d.ts`);
    copyFileSync(join(DECLARATIONS, `${name}.d.ts`), file);
    reached.add(file);
  }
  for (const name of readdirSync(TYPES, { recursive: true })) {
    const file = join(TYPES, name);
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

function reach(file, reached) {
  if (reached.has(file)) return;
  reached.add(file);
  const text = readFileSync(file, 'utf8').replace(IMPORT, (_, before, id, after) => {
    if (id.startsWith('.')) reach(join(dirname(file), id.replace(/\.js$/, '.d.ts')), reached);
    return `${before}${id.startsWith('.') ? id : standIn(file, id)}${after}`;
  });
  writeFileSync(file, text);
}

function standIn(file, id) {
  if (!Object.hasOwn(STAND_INS, id)) throw new Error(`${file} imports types of ${id}`);
  return `./${relative(dirname(file), join(TYPES, 'packages', `${STAND_INS[id]}.js`)).replaceAll('\\', '/')}`;
}
