import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { cacheFolderOf } from '../../../../src/log/fold/cache.js';
import { Registry } from '../../../../src/registry/registry.js';
import { loadView } from '../../../../src/registry/state/load-view.js';
import { Logs } from '../../../../src/registry/state/logs.js';
import { CleanFolderCache } from '../../../../src/registry/update-documents/clean-folder-cache.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { placeRegistry } from '../../../support/registries.js';

/** Files of two services, and what may stand in each of them. */
const FILES: Record<string, string[]> = {
  'web/service.json': [
    '{ "name": "web", "ports": { "main": 25001 } }\n',
    '{ "name": "web", "ports": { "main": 25002, "main": 25001 } }\n',
    '{ "name": "db", "ports": { "main": 25003 } }\n',
    '{ "name": "web", "ports": ',
  ],
  'web/.vrooli/service.json': [
    '{ "service": { "name": "web" }, "ports": { "main": "${WEB_PORT:-25002}" } }\n',
  ],
  'web/README.md': ['# web\n', 'See http://localhost:25001.\n', '<!-- vports:start -->\n'],
  'web/.env': ['WEB_PORT=25001\n', 'WEB_PORT=25002\n', 'OLD_PORT=25107\n', 'OTHER=1\n'],
  'web/docker/compose.yml': ['services:\n  web:\n    ports: ["25001:80"]\n', 'services: {}\n'],
  'web/docs/use.md': [
    'http://localhost:25001\n',
    'http://localhost:25107\n',
    'http://localhost:25002\n',
    'localhost:25003\n',
  ],
  'db/service.json': ['{ "name": "db", "ports": { "main": 25003 } }\n', '{ "name": "db" }\n'],
  'api/.vrooli/service.json': [
    '{ "service": { "name": "api" }, "ports": { "main": 25005 } }\n',
    '{ "service": { "name": "api" }, "ports": { "main": 25006 } }\n',
  ],
  'db/.env': ['DB_PORT=25003\n', 'DB_PORT=25004\n'],
};

type Step =
  | { put: string; text: string }
  | { remove: string }
  | { move: string; to: string }
  | { take: string; as: string }
  | { give: string; back: string }
  | 'docs'
  | 'nothing';

const names = Object.keys(FILES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...names.flatMap((it) => FILES[it]!.map((text) => ({ put: it, text })))),
  },
  { weight: 2, arbitrary: fc.constantFrom(...names.map((remove) => ({ remove }))) },
  {
    weight: 2,
    arbitrary: fc.record({
      move: fc.constantFrom('web', 'db'),
      to: fc.constantFrom('25001', '25002', '25104', '25204'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      take: fc.constantFrom('web', 'other'),
      as: fc.constantFrom('old=25107', 'more=25310', 'near=25009'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      give: fc.constantFrom('web', 'api', 'other'),
      back: fc.constantFrom('main', 'old', 'more', 'near'),
    }),
  },
  { weight: 4, arbitrary: fc.constant<Step>('docs') },
  { weight: 1, arbitrary: fc.constant<Step>('nothing') },
);

/** What the registry refuses does not happen. */
async function happens(registry: Registry, tree: string, it: Step): Promise<void> {
  const settled = (work: Promise<unknown>) => work.then(undefined, () => undefined);
  if (it === 'docs') await registry.docs([tree]);
  else if (it === 'nothing') await registry.docs([tree], { check: true });
  else if ('put' in it) put(join(tree, it.put), it.text);
  else if ('remove' in it) rmSync(join(tree, it.remove), { force: true });
  else if ('move' in it) await settled(registry.reassign(it.move, { to: it.to, docs: false }));
  else if ('take' in it) await settled(registry.register(it.take, [it.as], { docs: false }));
  else await settled(registry.release(it.give, { ports: [it.back], docs: false }));
}

async function playground() {
  const home = temporaryFolder();
  vi.stubEnv('VPORTS_HOST_LOG', join(home, 'host.git'));
  vi.stubEnv('GIT_AUTHOR_NAME', 'Ada Lovelace');
  vi.stubEnv('GIT_AUTHOR_EMAIL', 'ada@example.com');
  const [path, tree] = [join(home, 'ports.git'), join(home, 'tree')];
  await placeRegistry(path, { bare: true });
  for (const name of names) put(join(tree, name), FILES[name]![0]!);
  const registry = async <T>(work: (it: Registry) => Promise<T>): Promise<T> => {
    const opened = Registry.open({ path, cwd: tree });
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };
  await registry((it) => it.register('web', ['main=25107'], { docs: false }));
  await registry((it) => it.reassign('web', { to: '25001', docs: false }));
  await registry((it) => it.register('api', ['main=25005'], { docs: false }));
  await registry((it) => it.register('db', ['main=25003'], { docs: false }));
  const caches = cacheFolderOf(path);
  const kept = () =>
    readdirSync(caches, { recursive: true, encoding: 'utf8' }).filter((it) => /documents/.test(it));
  return {
    path,
    tree,
    registry,
    kept,
    forget: () => {
      for (const name of kept()) rmSync(join(caches, name));
    },
    check: () => registry((it) => it.docs([tree], { check: true })),
  };
}

test('what was found right before changes no answer, whatever happens to documents and registry', async () => {
  let remembered = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const { tree, registry, kept, forget, check } = await playground();
      await registry((it) => it.docs([tree]));
      await check();
      for (const it of steps) {
        await registry((open) => happens(open, tree, it));
        const [answer, again] = [await check(), await check()];
        remembered += kept().length;
        forget();
        expect([answer, again]).toEqual(Array(2).fill(await check()));
      }
    }),
    { numRuns: process.env.VPORTS_TEST_THOROUGH ? 60 : 10 },
  );
  expect(remembered).toBeGreaterThan(0);
});

describe('a folder that was right rests on its ports and on those it speaks of', () => {
  /** `web` has 25001 and speaks of 25107, which it had once, and `other` has now. */
  async function remembered() {
    const ground = await playground();
    const { path, tree, registry, check } = ground;
    const logs = new Logs({ path, from: 'option' });
    const known = async () => {
      const right = await CleanFolderCache.open(logs, await loadView(logs, new Set()));
      return right.documentsOf('web') !== undefined;
    };
    await registry((it) => it.register('other', ['old=25107']));
    await registry((it) => it.docs([tree]));
    const right = await CleanFolderCache.open(logs, await loadView(logs, new Set()));
    right.add('web', ['service.json'], { resource: 'web', numbers: [25107] });
    right.save();
    onTestFinished(() => logs.close());
    return { ...ground, known, check };
  }

  test.each<[string, boolean, (it: Registry) => Promise<unknown>]>([
    ['nothing happens', true, async () => undefined],
    ['somebody takes a port elsewhere', true, (it) => it.register('new', ['30000'])],
    ['it takes another port', false, (it) => it.register('web', ['more=30000'], { docs: false })],
    ['it gives its port back', false, (it) => it.release('web', { docs: false })],
    ['it moves', false, (it) => it.reassign('web', { to: '30000', docs: false })],
    ['a port it speaks of is given back', false, (it) => it.release('other')],
  ])('%s', async (_, still, happening) => {
    const { registry, known } = await remembered();
    expect(await known()).toBe(true);
    await registry(happening);
    expect(await known()).toBe(still);
  });

  test.each([
    ['web/docs/use.md', 'See localhost:25107.\n', 'STALE_PROSE', []],
    // Who has it now does not make it this service's.
    ['web/.env', 'OLD_PORT=25107\n', 'WRONG_PORT', [{ code: 'WRONG_PORT', port: 25107 }]],
  ])('%s tells a port of nobody as soon as it is one', async (file, text, code, before) => {
    const { tree, registry, check } = await remembered();
    put(join(tree, file), text);
    expect(await check()).toMatchObject({ problems: before });
    await registry((it) => it.release('other'));
    expect(await check()).toMatchObject({
      problems: [{ code, file: expect.stringContaining(file), port: 25107 }],
    });
  });
});
