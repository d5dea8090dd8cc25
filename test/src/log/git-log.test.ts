import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacheFolderOf } from '../../../src/log/fold/cache.js';
import type { GitLog } from '../../../src/log/git-log.js';
import { put } from '../../support/folders.js';
import { eventFiles, git } from '../../support/git.js';
import { ADA, allocated, NOON } from '../../support/given.js';
import { MAIN, newRegistry, openLog } from '../../support/registries.js';

async function add(log: GitLog, ...ports: number[]): Promise<void> {
  for (const port of ports) {
    await log.state();
    await log.exclusively(() => log.append({ events: [allocated(port, `r${port}`)], by: ADA, at: NOON }));
  }
}

async function withPorts(...ports: number[]): Promise<string> {
  const path = await newRegistry({ bare: true });
  const log = openLog(path);
  await add(log, ...ports);
  await log.close();
  return path;
}

const held = async (path: string) =>
  [...(await openLog(path).state()).holdings].map(({ port }) => port).sort();

/** Puts a file into the next commit as somebody with plain git would. */
function commitFile(path: string, file: string, content: string | null): void {
  const run = (...args: string[]) => git(path, ...args);
  process.env.GIT_INDEX_FILE = join(path, 'tamper-index');
  try {
    run('read-tree', 'HEAD');
    if (content === null) run('--work-tree=.', 'update-index', '--force-remove', file);
    else {
      put(join(path, 'tampered'), content);
      const oid = run('hash-object', '-w', join(path, 'tampered'));
      run('update-index', '--add', '--cacheinfo', `100644,${oid},${file}`);
    }
    const tree = run('write-tree');
    run('update-ref', 'HEAD', run('commit-tree', tree, '-p', 'HEAD', '-m', 'tamper'));
  } finally {
    delete process.env.GIT_INDEX_FILE;
  }
}

const file = (port: number, version = 1) =>
  `events/tcp/25xxx/250xx/${port}/${String(version).padStart(4, '0')}.json`;

describe('a ref', () => {
  test.each(['', 'abc\n', 'ref: refs/heads/other\n'])(
    'file of %j is corruption, never a branch without commits',
    async (content) => {
      const path = await withPorts(25000);
      writeFileSync(join(path, MAIN), content);
      await expect(openLog(path).state()).rejects.toMatchObject({ code: 'LOG_DAMAGED' });
      expect(readFileSync(join(path, MAIN), 'utf8')).toBe(content);
    },
  );

  test('that git has packed is read and moved', async () => {
    const path = await withPorts(25000);
    git(path, 'pack-refs', '--all', '--prune');
    expect(await held(path)).toEqual([25000]);
    const log = openLog(path);
    await add(log, 25001);
    expect(eventFiles(path)).toHaveLength(2);
  });
});

describe('a branch name', () => {
  test('that clashes with another is refused, and harms neither', async () => {
    const path = await withPorts(25000);
    git(path, 'pack-refs', '--all');
    for (const ref of ['refs/heads/main/x', 'refs/heads/main/x/y']) {
      await expect(add(openLog(path, ref, MAIN), 25001)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('conflicts with branch main'),
      });
    }
    await add(openLog(path), 25001);
    await add(openLog(path, 'refs/heads/a/b', MAIN), 25002);
    await expect(add(openLog(path, 'refs/heads/a', MAIN), 25002)).rejects.toMatchObject({ code: 'CONFLICT' });
    git(path, 'fsck', '--strict');
  });

  test('whose folder a deleted branch has left empty is free', async () => {
    const path = await withPorts(25000);
    mkdirSync(join(path, 'refs/heads/feature/old/er'), { recursive: true });
    await add(openLog(path, 'refs/heads/feature', MAIN), 25001);
    expect(eventFiles(path, 'feature')).toHaveLength(2);
  });
});

test('a program that the configuration of a repository names is never run', async () => {
  const path = await newRegistry({ bare: false });
  const marker = join(path, '../pwned');
  const evil = put(join(path, '../evil.sh'), `#!/bin/sh\ntouch ${marker}\n`);
  chmodSync(evil, 0o755);
  await add(openLog(path), 25000);
  const signature = '$1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----';
  const signed = git(path, 'cat-file', 'commit', 'HEAD').replace(/^(committer .*)$/m, signature);
  const commit = put(join(path, '../commit'), `${signed}\n`);
  git(path, 'update-ref', 'refs/heads/main', git(path, 'hash-object', '-t', 'commit', '-w', commit));
  const hostile = {
    'log.showSignature': 'true',
    'gpg.program': evil,
    'core.pager': evil,
    'core.hooksPath': join(path, '..'),
    'core.fsmonitor': evil,
  };
  for (const [key, value] of Object.entries(hostile)) git(path, 'config', key, value);
  rmSync(marker, { force: true });
  const log = openLog(path);
  expect((await log.originsOf(await log.events())).size).toBe(1);
  await add(log, 25001);
  await log.close();
  expect(existsSync(marker)).toBe(false);
});

describe('a damaged stream', () => {
  test.each<[string, string, (path: string) => void]>([
    ['with a gap', 'version 2 is missing', (path) => commitFile(path, file(25000, 3), 'x')],
    [
      'with conflict markers',
      'conflict markers',
      (path) => commitFile(path, file(25000), '<<<<<<< a\n=======\n>>>>>>> b\n'),
    ],
    [
      'written again in other bytes',
      'not in the canonical encoding',
      (path) => commitFile(path, file(25000), git(path, 'show', `HEAD:${file(25000)}`)),
    ],
    [
      'with a file of another port',
      '25001',
      (path) => commitFile(path, file(25000), `${git(path, 'show', `HEAD:${file(25001)}`)}\n`),
    ],
    ['with an event that is none', 'is not JSON', (path) => commitFile(path, file(25000), 'hello')],
    [
      'with a stray file',
      'not an event file',
      (path) => commitFile(path, file(25000).replace('0001', 'notes'), 'hello'),
    ],
  ])('%s is quarantined: %s, and every other port goes on', async (_, message, tamper) => {
    const path = await withPorts(25000, 25001);
    tamper(path);
    const log = openLog(path);
    const { damaged, holdings } = await log.state();
    expect(damaged.get('tcp/25000')!.message).toContain(message);
    expect([...holdings].map(({ port }) => port)).toEqual([25001]);
    await expect(add(log, 25000)).rejects.toMatchObject({
      code: 'STREAM_DAMAGED',
      message: expect.stringContaining('25000/tcp'),
    });
    await add(log, 25002);
    expect([...(await log.state()).holdings].map(({ port }) => port).sort()).toEqual([25001, 25002]);
  });
});

describe('a registry of a newer vports', () => {
  test('with an unknown event type stops and asks for an upgrade', async () => {
    const path = await withPorts(25000);
    commitFile(path, file(25001), '{"v": 1, "type": "port.painted"}\n');
    await expect(openLog(path).state()).rejects.toMatchObject({
      code: 'LOG_TOO_NEW',
      message: expect.stringContaining(file(25001)),
    });
  });

  test('with a newer format stops and asks for an upgrade', async () => {
    const path = await withPorts(25000);
    commitFile(
      path,
      'policy.json',
      git(path, 'show', 'HEAD:policy.json').replace('"format": 1', '"format": 2'),
    );
    await expect(openLog(path).state()).rejects.toMatchObject({ code: 'LOG_TOO_NEW' });
  });
});

describe('what is no registry is said so', () => {
  test('a repository without policy.json', async () => {
    const path = await withPorts(25000);
    commitFile(path, 'policy.json', null);
    // What it had before goes on; where it never had any, it is no registry.
    expect((await openLog(path).state()).policyFault).toBe('policy.json is missing');
    git(path, 'update-ref', MAIN, git(path, 'commit-tree', '-m', 'x', git(path, 'rev-parse', 'HEAD^{tree}')));
    await expect(openLog(path).state()).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
  });

  test('a repository without commits', async () => {
    const path = await newRegistry({ bare: true });
    rmSync(join(path, MAIN));
    await expect(openLog(path).state()).rejects.toMatchObject({ code: 'REGISTRY_NOT_FOUND' });
  });

  test.each([
    ['extensions.objectformat sha256', 'SHA-256', '[extensions]\n\tobjectformat = sha256\n'],
    ['a reftable', 'reftable', '[extensions]\n\trefstorage = reftable\n'],
  ])('a repository with %s', async (_, message, config) => {
    const path = await newRegistry({ bare: true });
    writeFileSync(join(path, 'config'), readFileSync(join(path, 'config'), 'utf8') + config);
    expect(() => openLog(path)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_REPOSITORY', message: expect.stringContaining(message) }),
    );
  });
});

describe('the cache', () => {
  const caches = (path: string) => {
    const folder = join(cacheFolderOf(path), 'source');
    return readdirSync(folder).map((name) => join(folder, name));
  };

  test.each<[string, (cache: string) => void]>([
    ['truncated', (cache) => truncateSync(cache, 100)],
    ['emptied', (cache) => truncateSync(cache, 0)],
    ['edited', (cache) => writeFileSync(cache, readFileSync(cache, 'utf8').replaceAll('r25000', 'r66666'))],
    ['deleted', (cache) => rmSync(cache)],
  ])('that was %s is made again, and nobody notices', async (_, harm) => {
    const path = await withPorts(25000, 30000);
    expect(caches(path).length).toBeGreaterThanOrEqual(3);
    for (const cache of caches(path)) harm(cache);
    const log = openLog(path);
    expect([...(await log.state()).holdings].map(({ resource }) => resource).sort()).toEqual([
      'r25000',
      'r30000',
    ]);
  });

  test('follows what plain git brings, from either side of a merge', async () => {
    const path = await withPorts(25000);
    git(path, 'branch', 'other');
    const other = openLog(path, 'refs/heads/other');
    await add(other, 25050, 30000);
    const main = openLog(path);
    await add(main, 25001);
    await main.close();
    const tree = git(path, 'merge-tree', '--write-tree', 'main', 'other');
    git(
      path,
      'update-ref',
      'refs/heads/main',
      git(path, 'commit-tree', tree, '-p', 'main', '-p', 'other', '-m', 'merge'),
    );
    expect(await held(path)).toEqual([25000, 25001, 25050, 30000]);
    git(path, 'update-ref', 'refs/heads/main', 'main~1');
    expect(await held(path)).toEqual([25000, 25001]);
  });

  test('is no larger for a long history of what is not held any more', async () => {
    const path = await withPorts(25000);
    const log = openLog(path);
    const size = () =>
      Math.max(
        ...caches(path)
          .filter((name) => name.includes('head'))
          .map((name) => readFileSync(name).length),
      );
    const before = size();
    for (let round = 0; round < 20; round++) {
      await add(log, 30000);
      const event = {
        type: 'port.released',
        protocol: 'tcp',
        port: 30000,
        resource: 'r30000',
        name: 'main',
      } as const;
      await log.exclusively(() => log.append({ events: [event], by: ADA, at: NOON }));
    }
    await log.close();
    expect(size()).toBeLessThan(before + 200);
    expect(caches(path)).toHaveLength(3);
  });

  test('keeps nothing of a look at the past', async () => {
    const path = await withPorts(25000, 25001);
    const log = openLog(path);
    await log.state();
    expect((await log.stateAt('main~1')).holdings.size).toBe(1);
    await add(log, 30000);
    await log.close();
    expect(caches(path)).toHaveLength(3);
    expect(await held(path)).toEqual([25000, 25001, 30000]);
  });

  test('serves who has read an older head, and who reads an older commit', async () => {
    const path = await withPorts(25000, 25001);
    const [early, late] = [openLog(path), openLog(path)];
    await early.state();
    await add(late, 25002, 25003);
    await late.close();
    expect((await early.stateAt('main~3')).holdings.size).toBe(1);
    await add(early, 25004);
    await early.close();
    expect(await held(path)).toEqual([25000, 25001, 25002, 25003, 25004]);
  });
});

test('an append decided on a head that has moved is told so, and comes through when decided again', async () => {
  const path = await withPorts(25000);
  const [mine, theirs] = [openLog(path), openLog(path)];
  await mine.state();
  await theirs.state();
  await add(theirs, 25001);
  const late = mine.exclusively(() => mine.append({ events: [allocated(25002, 'late')], by: ADA, at: NOON }));
  await expect(late).rejects.toMatchObject({ name: 'HeadMoved' });
  await add(mine, 25002);
  expect(await held(path)).toEqual([25000, 25001, 25002]);
});

describe('an append', () => {
  test.each([
    ['a port that is none', allocated(65_536, 'web')],
    ['a name that is none', allocated(25001, '../web')],
    ['a lease without an end', allocated(25001, 'web', { lease: { expires: 'some day' } })],
  ])('of an event that no reader would take is refused, whoever decided it: %s', async (_, event) => {
    const path = await withPorts(25000);
    const log = openLog(path);
    await log.state();
    const append = log.exclusively(() => log.append({ events: [event], by: ADA, at: NOON }));
    await expect(append).rejects.toMatchObject({ name: 'BrokenStream' });
    expect(eventFiles(path)).toEqual([file(25000)]);
    await add(log, 25001);
    expect(await held(path)).toEqual([25000, 25001]);
  });

  test('over the file of an event is refused, and that event stays as it is', async () => {
    const path = await withPorts(25000);
    const before = git(path, 'rev-parse', 'HEAD');
    const log = openLog(path);
    await log.state();
    const files = [{ path: file(25000), content: '{}\n' }];
    const append = log.exclusively(() => log.append({ events: [], by: ADA, at: NOON, files, subject: 'x' }));
    await expect(append).rejects.toMatchObject({ name: 'HeadMoved' });
    expect(git(path, 'rev-parse', 'HEAD')).toBe(before);
  });
});

test('objects that git has packed are read, and appended to', async () => {
  const path = await withPorts(25000, 30000);
  git(path, 'gc', '-q', '--prune=now');
  rmSync(cacheFolderOf(path), { recursive: true });
  const log = openLog(path);
  await add(log, 25001);
  expect(await held(path)).toEqual([25000, 25001, 30000]);
  await log.close();
});

test('a missing object is damage with the command that says more, not a crash', async () => {
  const path = await withPorts(25000);
  rmSync(cacheFolderOf(path), { recursive: true });
  const oid = git(path, 'rev-parse', `HEAD:${file(25000)}`);
  rmSync(join(path, 'objects', oid.slice(0, 2), oid.slice(2)));
  await expect(openLog(path).state()).rejects.toMatchObject({
    code: 'LOG_DAMAGED',
    hint: expect.stringContaining('vports doctor --fix'),
  });
});
