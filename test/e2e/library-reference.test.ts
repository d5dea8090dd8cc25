import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { EXAMPLES } from './library-examples.js';

const PAGE = 'docs/library.md';
const TYPES = ['registry-reader', 'registry'].map((it) => `dist/types/src/registry/${it}.d.ts`);

interface Verb {
  name: string;
  about: string;
  signature: string;
}

test('every verb has an example, which does what it shows', { tags: ['slow'] }, async () => {
  expect(
    verbs()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(EXAMPLES).sort());
  const folder = temporaryFolder();
  const before = process.cwd();
  const library: typeof import('../../src/index.js') = await import(resolve('dist/index.js'));
  process.env.VPORTS_HOST_LOG = join(folder, 'host.git');
  onTestFinished(() => {
    process.chdir(before);
    delete process.env.VPORTS_HOST_LOG;
  });
  process.chdir(folder);
  await library.initRegistry('ports');
  const registry = await library.openRegistry({ path: 'ports' });
  for (const [name, example] of Object.entries(EXAMPLES)) {
    try {
      await example(registry);
    } catch (error) {
      throw new Error(`the example of ${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  await registry.close();
});

test('the reference is what the types and the examples say', () => {
  const text = page();
  if (process.env.UPDATE_TRANSCRIPTS) writeFileSync(PAGE, text);
  expect(readFileSync(PAGE, 'utf8')).toBe(text);
});

/** Public methods with their docstrings, as the declarations have them. */
function verbs(): Verb[] {
  return TYPES.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const members = text.slice(text.indexOf('export declare class'));
    const found = members.matchAll(
      /^ {4}(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {4})?([a-z]\w*)\(([\s\S]*?)\): (Promise<[\s\S]*?>);$/gm,
    );
    return [...found].map(([, about = '', name, parameters, result]) => ({
      name: name!,
      about: about
        .replace(/^\s*\* ?/gm, '')
        .replace(/\s+/g, ' ')
        .trim(),
      signature: `${name}(${parameters}): ${result}`.replace(/^ {4}/gm, '').replaceAll(' | undefined', ''),
    }));
  }).filter(({ name }) => !['view', 'viewHere', 'viewWithClaims', 'close', 'constructor'].includes(name));
}

/** The body of each example as it stands in its file. */
function examples(): Map<string, string> {
  const text = readFileSync('test/e2e/library-examples.ts', 'utf8');
  return new Map(
    [...text.matchAll(/^ {2}async (\w+)\(registry\) \{\n([\s\S]*?)^ {2}\},$/gm)].map(([, name, body]) => [
      name!,
      body!.replace(/^ {4}/gm, '').trimEnd(),
    ]),
  );
}

function page(): string {
  const bodies = examples();
  const byName = new Map(verbs().map((it) => [it.name, it]));
  const parts = Object.keys(EXAMPLES).map((name) => {
    const { about, signature } = byName.get(name)!;
    return [
      `## ${name}`,
      '',
      ...(about ? [about, ''] : []),
      '```ts',
      signature,
      '```',
      '',
      '```ts',
      bodies.get(name)!,
      '```',
      '',
    ].join('\n');
  });
  return `${INTRODUCTION}\n${parts.join('\n')}`;
}

const INTRODUCTION = `# The library

\`openRegistry()\` gives the verbs of the command line to programs. Nothing here prints, exits or reads arguments; what goes wrong is a
\`VportsError\` with the codes of the command line. This page is made of the types and of examples that the tests run, one after the
other on one new registry.

\`\`\`ts
import assert from 'node:assert/strict';
import { initRegistry, openRegistry } from 'vports';

await initRegistry('ports');
const registry = await openRegistry({ path: 'ports' });
\`\`\`

\`close()\` saves what was read, and lets go of git.
`;
