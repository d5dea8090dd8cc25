import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALL_FORMATS } from '../../../../src/documents/formats/formats.js';
import { readDocument } from '../../../../src/documents/read-documents.js';
import { put, temporaryFolder } from '../../../support/folders.js';

const many = (count: number, line: (each: number) => string) =>
  Array.from({ length: count }, (_, it) => line(it)).join('');
const port = (it: number) => 20_000 + (it % 20_000);

const service = {
  ports: Object.fromEntries(Array.from({ length: 60_000 }, (_, it) => [`P${it}`, port(it)])),
};

/** What would keep a command busy for half a minute and more, by the file's name. */
const HOSTILE: [string, string, string][] = [
  [
    'compose.yaml',
    'wide ranges in many services',
    `services:\n${many(3_000, (it) => `  s${it}:\n    ports: ['20000-20999:20000-20999']\n`)}`,
  ],
  [
    'compose.yaml',
    'wide ranges in one service',
    `services:\n  a:\n    ports:\n${many(10_000, () => "    - '20000-20999:1-1000'\n")}`,
  ],
  [
    'compose.yaml',
    'a list of a million numbers',
    `services:\n  a:\n    x: [${many(1_000_000, () => '1,')}1]\n`,
  ],
  [
    'deployment.yaml',
    'ten thousand documents',
    many(10_000, () => '---\nkind: Service\napiVersion: v1\nnodePort: 1\n'),
  ],
  ['service.json', 'sixty thousand ports', JSON.stringify(service)],
  ['ports.csv', 'a hundred thousand rows', `name,port\n${many(100_000, (it) => `n${it},${port(it)}\n`)}`],
  ['Procfile', 'a hundred thousand programs', many(50_000, (it) => `p${it}: node x --port ${port(it)}\n`)],
  ['.env', 'a hundred thousand variables', many(100_000, (it) => `P${it}_PORT=${port(it)}\n`)],
];

describe('a document with more than any has', () => {
  test.each(HOSTILE)('%s with %s is named, and read no further', (name, _, text) => {
    const file = join(temporaryFolder(), name);
    put(file, text);
    const format = ALL_FORMATS.find((it) => it.matches(name, name))!;
    expect(readDocument(file, format)).toMatchObject({
      file,
      why: expect.stringMatching(/more than 20000 ports|too large for a document|more than 5000 documents/),
    });
  });
});

test('merge keys that merge merge keys, eight at a time and sixty deep, are followed once each', () => {
  const folder = temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const level = (it: number) =>
    `x${it}: &a${it}\n  <<: [${Array(8)
      .fill(`*a${it - 1}`)
      .join(', ')}]\n`;
  const levels = Array.from({ length: 59 }, (_, it) => level(it + 1)).join('');
  const text = `x0: &a0 {ports: ['8080:80']}\n${levels}services:\n  web:\n    <<: *a59\n  own:\n    <<: *a59\n    ports: ['9090:80']\n`;
  put(join(folder, 'compose.yaml'), text);
  const compose = ALL_FORMATS.find(({ id }) => id === 'compose')!;
  const found = readDocument(join(folder, 'compose.yaml'), compose);
  expect('entries' in found && found.entries.map(({ resource, port: it }) => [resource, it])).toEqual([
    ['web', 8080],
    ['own', 9090],
  ]);
});

test('a map that merges itself has nothing by that', () => {
  const folder = temporaryFolder();
  put(
    join(folder, 'compose.yaml'),
    "services:\n  web: &a\n    <<: *a\n    ports: ['8080:80']\n  other: &b\n    <<: *b\n",
  );
  const compose = ALL_FORMATS.find(({ id }) => id === 'compose')!;
  const found = readDocument(join(folder, 'compose.yaml'), compose);
  expect('entries' in found ? found.entries.map(({ port: it }) => it) : found).toEqual([8080]);
});
