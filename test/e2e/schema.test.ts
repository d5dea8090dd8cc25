import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOCUMENT_CODES, EXIT_CODES, FINDING_CODES, PROBLEM_CODES, WARNING_CODES } from '../../src/codes.js';
import { projectFile, serviceJson } from '../../src/schema/files.js';
import { ANSWERS, jsonSchemaOf } from '../../src/schema/index.js';
import { event } from '../../src/schema/parts.js';
import { temporaryFolder } from '../support/folders.js';
import { eventFiles, git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const MANIFEST: { commands: Record<string, { id: string; hidden: boolean }> } = JSON.parse(
  readFileSync('oclif.manifest.json', 'utf8'),
);
/** These answer errors only, or speak another protocol. */
const WITHOUT = ['exec', 'mcp', 'run', 'schema'];

test('every command that answers in JSON has a schema, and no other name has', async () => {
  const ids = Object.values(MANIFEST.commands)
    .filter(({ hidden }) => !hidden)
    .map(({ id }) => id.replaceAll(':', ' '));
  expect(Object.keys(ANSWERS).sort()).toEqual(ids.filter((id) => !WITHOUT.includes(id)).sort());
  const vports = runner(temporaryFolder());
  for (const words of [
    ['get'],
    ['policy', 'set'],
    ['event'],
    ['policy'],
    ['vports.json'],
    ['service.json'],
  ]) {
    const run = await vports(['schema', ...words]);
    expect(JSON.parse(run.stdout).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  }
  expect(await vports(['schema', 'alocate'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('did you mean allocate?'),
  });
  expect((await vports(['schema'])).stdout.split('\n')).toContain('policy set');
});

test('every object of an answer says what it has, but for facts of an error and a policy', () => {
  const open = new Set<string>();
  const walk = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, properties, additionalProperties } = node as Record<string, unknown>;
    if (
      type === 'object' &&
      !properties &&
      !(additionalProperties && Object.keys(additionalProperties).length > 0)
    )
      open.add(path.split('.').at(-1)!);
    for (const [key, it] of Object.entries(node))
      walk(it, /^(properties|items|anyOf|\d+)$/.test(key) ? path : `${path}.${key}`);
  };
  for (const name of Object.keys(ANSWERS)) walk(jsonSchemaOf(name), name);
  expect([...open].sort()).toEqual(['details', 'policy']);
});

test('docs/codes.md has each code that is no error, and no other', () => {
  const text = readFileSync('docs/codes.md', 'utf8');
  const listed = [...text.matchAll(/`([A-Z]+_[A-Z_]+|[A-Z]{4,})`/g)].map(([, code]) => code!);
  const all = [...WARNING_CODES, ...FINDING_CODES, ...DOCUMENT_CODES];
  const others = new Set<string>([...all.filter((code) => !(code in EXIT_CODES)), ...PROBLEM_CODES]);
  expect([...new Set(listed)].sort()).toEqual([...others].sort());
});

test('docs/guide/when-something-is-wrong.md has a heading for each error code, and for no other', () => {
  const text = readFileSync('docs/guide/when-something-is-wrong.md', 'utf8');
  const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(Object.keys(EXIT_CODES).sort());
});

test('an answer may grow: no schema of one forbids a key that is new, and those of files do', async () => {
  const vports = runner(temporaryFolder());
  expect((await vports(['schema', 'list'])).stdout).not.toContain('additionalProperties": false');
  expect((await vports(['schema', 'policy'])).stdout).toContain('additionalProperties": false');
});

describe('what init lays down for editors', () => {
  test.each([
    ['policy', 'policy'],
    ['vports.json', 'vports'],
  ])('is the schema of %s that the program has', async (name, file) => {
    const { stdout } = await runner(temporaryFolder())(['schema', name]);
    expect(JSON.parse(readFileSync(`registry-repo/schemas/${file}.schema.json`, 'utf8'))).toEqual(
      JSON.parse(stdout),
    );
  });

  test('is where policy.json and .vports.json point to', async () => {
    const path = await newRegistry({ bare: false });
    for (const file of ['policy.json', '.vports.json']) {
      const { $schema } = JSON.parse(readFileSync(join(path, file), 'utf8'));
      expect(JSON.parse(readFileSync(join(path, $schema), 'utf8')).type).toBe('object');
    }
  });
});

test('events as written, and service.json as it is found, are what their schemas say', async () => {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web', '--owner', 'x', '--reason', 'y']);
  await vports(['reassign', 'web']);
  await vports(['describe', 'web', '--owner', 'z']);
  for (const file of eventFiles(path))
    expect(event.safeParse(JSON.parse(git(path, 'show', `HEAD:${file}`))).success, file).toBe(true);
  const trees = readdirSync('test/fixtures/trees', { encoding: 'utf8' });
  const found = trees.flatMap((name) => servicesIn(readFileSync(join('test/fixtures/trees', name), 'utf8')));
  const shapes = [...readFileSync('docs/guide/services.md', 'utf8').matchAll(/```json\n([^`]*)```/g)];
  found.push(...shapes.map(([, text]) => JSON.parse(text!)));
  expect(found.length).toBeGreaterThan(4);
  for (const it of found) expect(serviceJson.safeParse(it).error?.issues, JSON.stringify(it)).toBeUndefined();
  expect(projectFile.safeParse({ registry: 'x', other: 1 }).success).toBe(false);
});

/** What a tree's text has of service.json, where that is JSON: files stand behind `-- PATH --`. */
function servicesIn(text: string): object[] {
  return text.split(/^-- /m).flatMap((part) => {
    const [path = '', ...body] = part.split('\n');
    if (!/service\.json --$/.test(path)) return [];
    try {
      return [JSON.parse(body.join('\n'))];
    } catch {
      return [];
    }
  });
}
