import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

/** Modules a file brings in when it runs: not types, which are gone by then. */
function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const stated = [...text.matchAll(/^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'/gms)].map(
    (match) => match[1]!,
  );
  const later = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map((match) => match[1]!);
  return [...stated, ...later].map((name) =>
    name.startsWith('.') ? normalize(join(dirname(file), name)).replace(/\.js$/, '.ts') : name,
  );
}

const DECIDERS = [
  'allocate',
  'register',
  'release',
  'reassign',
  'describe',
  'renew',
  'lease',
  'decision',
  'view',
  'candidates',
  'range-choice',
  'queries',
  'check',
  'cleanup',
  'drift',
  'document-check',
  'document-drift',
  'reconcile',
  'orphans',
  'rechoose',
  'holders',
  'undo',
  'renumber',
  'take',
  'import',
  'import-names',
  'import-order',
];
const PURE = [
  ...filesIn('events'),
  ...filesIn('src/policy'),
  'src/documents/readme.ts',
  'src/review/changes.ts',
  'src/review/rules.ts',
  'src/review/replay.ts',
  'src/review/settlement.ts',
  'src/shell-word.ts',
  ...DECIDERS.map((name) => `src/registry/${name}.ts`),
];
const ALLOWED = ['zod/mini', 'immer', 'jsonc-parser'];

test.each(PURE)('%s knows no file, git, clock or command line', (file) => {
  for (const name of imports(file)) {
    expect(
      ALLOWED.includes(name) ||
        PURE.includes(name) ||
        name === 'src/errors.ts' ||
        name.endsWith('policy.json'),
      name,
    ).toBe(true);
  }
  expect(readFileSync(file, 'utf8')).not.toMatch(/Date\.now\(|new Date\(\)|process\.\w|Math\.random/);
});

test('only the log knows isomorphic-git, only the command line knows oclif', () => {
  for (const file of [...filesIn('events'), ...filesIn('src'), ...filesIn('commands')]) {
    if (imports(file).includes('isomorphic-git')) expect(file).toMatch(/^src\/log\//);
    if (imports(file).includes('@oclif/core')) expect(file).toMatch(/^(src\/cli|commands)\//);
  }
});

test('log, host and documents know neither each other nor a command', () => {
  for (const part of ['log', 'host', 'documents']) {
    for (const file of filesIn(`src/${part}`)) {
      for (const name of imports(file))
        expect(name, file).not.toMatch(
          new RegExp(
            `^(commands|src/(cli|registry|${['log', 'host', 'documents'].filter((it) => it !== part).join('|')}))/`,
          ),
        );
    }
  }
});

test('nothing but the command line prints or exits', () => {
  for (const file of [...filesIn('events'), ...filesIn('src')].filter((it) => !it.startsWith('src/cli/'))) {
    expect(readFileSync(file, 'utf8'), file).not.toMatch(
      /console\.|process\.(exit|exitCode|stdout|stderr|argv)/,
    );
  }
});
