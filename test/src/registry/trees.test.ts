import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ImportItem } from '../../../src/registry/decide/import.js';
import { Registry } from '../../../src/registry/registry.js';
import { put, temporaryFolder } from '../../support/folders.js';
import { git } from '../../support/git.js';
import { newRegistry } from '../../support/registries.js';

const FIXTURES = 'test/fixtures/trees';
const trees = readdirSync(FIXTURES).map((name) => [name.replace('.txt', ''), join(FIXTURES, name)] as const);

/** `-- PATH --` begins a file, and `-- expect --` what import answers of them. */
function filesIn(text: string): Map<string, string> {
  const parts = text.split(/^-- (.+) --\n/m).slice(1);
  return new Map(parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1]!]] : [])));
}

async function planted(fixture: string) {
  const files = filesIn(readFileSync(fixture, 'utf8'));
  const expected = (files.get('expect') ?? '').split('\n').filter(Boolean);
  files.delete('expect');
  const root = join(temporaryFolder(), 'tree');
  for (const [path, text] of files) put(join(root, path), text);
  git(root, 'init', '-q');
  const path = await newRegistry({ bare: true });
  const open = () => Registry.open({ path, cwd: root });
  return { root, files: [...files.keys()], expected, open };
}

const shown = ({ resource, name, port, protocol, file }: ImportItem) =>
  `${resource} ${name} ${port}/${protocol} ${file}`;

/** The answer of import in the words of the fixtures; a reason is as long there as it matters. */
function told(answer: Record<'imported' | 'toAllocate' | 'skipped' | 'problems', ImportItem[]>): string[] {
  return [
    ...answer.imported.map((it) => `= ${shown(it)}`),
    ...answer.toAllocate.map((it) => `? ${it.resource} ${it.name} ${it.wish} ${it.file}`),
    ...answer.skipped.map((it) => `- ${it.port} ${it.file}: ${it.why}`),
    ...answer.problems.map((it) => `! ${it.code} ${it.resource} ${it.port} ${it.file}`),
  ];
}

describe('a tree', () => {
  test.each(trees)('%s', async (_, fixture) => {
    const { root, files, expected, open } = await planted(fixture);
    const registry = open();
    const first = await registry.import([root]);
    const answers = told(first);
    const asExpected = answers.map(
      (it) => expected.find((one) => it === one || (one.startsWith('- ') && it.startsWith(one))) ?? it,
    );
    expect(asExpected.sort()).toEqual(expected.sort());
    if (first.problems.length > 0) return registry.close();

    const again = await registry.import([root]);
    expect([again.imported, again.problems]).toEqual([[], []]);
    expect((await registry.checkDocuments(root)).problems).toEqual([]);
    expect((await registry.docs([root], { check: true })).problems).toEqual([]);

    const before = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
    const moved = new Map<string, string>();
    for (const [index, { resource, name, port }] of first.imported.entries()) {
      const to = String(45_000 + index);
      await registry.reassign(resource, { port: name, to, docs: false });
      moved.set(to, String(port));
    }
    expect((await registry.docs([root])).problems).toEqual([]);
    expect((await registry.checkDocuments(root)).problems).toEqual([]);
    expect((await registry.docs([root], { check: true })).problems).toEqual([]);
    for (const [file, text] of before) {
      const now = readFileSync(join(root, file), 'utf8');
      expect(now.replace(/\b45\d{3}\b/g, (digits) => moved.get(digits) ?? digits)).toBe(text);
    }
    await registry.close();
  });
});
