import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';

/** CONTRIBUTING, "To add an event type", done in a copy of the sources. */
test('an event type is a file and a line, and the compiler names every other place that has to know it', () => {
  const copy = temporaryFolder();
  for (const part of [
    'events',
    'src',
    'commands',
    'test/support',
    'tsconfig.json',
    'package.json',
    'registry-repo',
  ])
    cpSync(part, join(copy, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  const edit = (file: string, change: (text: string) => string, to = file) =>
    writeFileSync(join(copy, to), change(readFileSync(join(copy, file), 'utf8')));
  edit(
    'events/described.ts',
    (text) => text.replaceAll('described', 'frozen').replaceAll('describe', 'freeze'),
    'events/frozen.ts',
  );
  edit('events/event.ts', (text) =>
    text
      .replace('import { described }', "import { frozen } from './frozen.js';\nimport { described }")
      .replace("  'port.described': described,", "  'port.described': described,\n  'port.frozen': frozen,"),
  );
  const { stdout } = spawnSync(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '--noEmit'], {
    cwd: copy,
    encoding: 'utf8',
  });
  const named = new Set([...stdout.matchAll(/^(\S+)\(\d+,\d+\): error/gm)].map(([, file]) => file));
  expect([...named].sort()).toEqual([
    'commands/log.ts',
    'src/map/columns.ts',
    'src/registry/query/tenancy.ts',
    'test/support/any-event.ts',
  ]);
});
