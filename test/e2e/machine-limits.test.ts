import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { newRegistry } from '../support/registries.js';

const PROGRAM = `${process.execPath} ${resolve('dist/vports.cjs')}`;
const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

/** Runs a script with `vports` in it, where it may mount and be called otherwise. Gives what it prints. */
async function script(text: string, env: Record<string, string> = {}): Promise<string> {
  const home = temporaryFolder();
  const registry = await newRegistry({ bare: false });
  const { stdout, stderr, status } = spawnSync(
    'unshare',
    ['-u', '-m', 'bash', '-c', `vports() { ${PROGRAM} "$@"; }\n${text}`],
    {
      cwd: home,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH!,
        HOME: home,
        VPORTS_REGISTRY: registry,
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        ...env,
      },
    },
  );
  expect(status, stderr).toBe(0);
  return stdout;
}

describe.runIf(canMount)('where the disk of a project is full', () => {
  const given = `
    mkdir full; mount -t tmpfs -o size=200k tmpfs full; mkdir full/web; cd full/web
    echo '{ "name": "web", "ports": { "main": { "env_var": "WEB_PORT" } } }' > service.json
    (echo '<!-- vports:start -->'; echo '<!-- vports:end -->'; yes 'a line of the user' | head -211) > README.md; cp README.md ../../before
    vports allocate web --no-docs -q > ../../port
  `;

  test('a document of two names keeps all that it had, and nobody says that it was written', async () => {
    const said = await script(`${given}
      ln README.md other-name; head -c 1m /dev/zero > ../fill 2> ../../null
      vports docs 2>&1; cmp README.md ../../before && echo kept; rm ../fill
      vports docs -q > ../../null 2>&1; cmp -s README.md ../../before || echo written; ls -A`);
    expect(said).toContain('README.md was not written (ENOSPC)');
    expect(said).not.toMatch(/updated.*README/);
    expect(said).toMatch(/kept\nwritten\nREADME.md\nother-name\nservice.json\n$/);
  });

  test('nothing is left behind in its folders', async () => {
    const said = await script(`${given}
      head -c 1m /dev/zero > ../fill 2> ../../null
      for it in 1 2 3; do vports docs > ../../null 2>&1; vports env --write .env web > ../../null 2>&1; done; ls -A`);
    expect(said).toBe('README.md\nservice.json\n');
  });
});

describe.runIf(canMount)('a lease', () => {
  test('of a process on another host that shares the home is not taken for that of a dead one', async () => {
    const said = await script(
      `vports exec web -- sleep 30 > out 2>&1 & for it in $(seq 100); do vports get web > port 2> err && break; sleep 0.1; done; cat port
      mount --bind boot /proc/sys/kernel/random/boot_id; hostname another
      vports cleanup --fix; vports get web; hostname HOST; vports cleanup; kill %1; wait`
        .replace('HOST', '$(cat name)')
        .replace(
          'vports exec',
          'hostname > name; echo 11111111-2222-3333-4444-555555555555 > boot; vports exec',
        ),
    );
    const [port = '', cleaned, again, here = ''] = said.split('\n');
    expect(port).toMatch(/^\d{5}$/);
    expect(cleaned).toMatch(/^nothing to release/);
    expect(again).toBe(port);
    // On the host that it was given on, another boot is one after it.
    expect(here).toMatch(/its process is gone/);
  });

  test('that somebody takes for an hour while a command has it outlives the command', async () => {
    const said = await script(
      `vports exec web -- sh -c 'while [ ! -e done ]; do sleep 0.05; done' > out 2>&1 &
      for it in $(seq 100); do vports get web > port 2> err && break; sleep 0.1; done
      vports allocate web --ttl 1h > taken 2> err; touch done; wait; vports get web; cat taken`,
    );
    const [kept, taken] = said.split('\n');
    expect(kept).toMatch(/^\d{5}$/);
    expect(kept).toBe(taken);
  });
});

test('whoever waits for another writer hears for whom, on a terminal or not', async () => {
  const registry = await newRegistry({ bare: true });
  const home = temporaryFolder();
  const hook = put(join(home, 'hold.mjs'), '');
  expect(hook).toBeDefined();
  const env = {
    PATH: process.env.PATH!,
    HOME: home,
    VPORTS_REGISTRY: registry,
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'a@x',
  };
  // The lock of a process that lives: this one.
  const { WriterLock } = await import('../../src/log/lock/writer-lock.js');
  const lock = await WriterLock.acquire(join(registry, 'vports'), 1_000);
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [resolve('dist/vports.cjs'), 'allocate', 'web'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let heard = '';
  for await (const chunk of child.stderr) {
    heard += chunk;
    if (heard.includes('waiting for')) break;
  }
  lock.release();
  expect(heard).toContain(`waiting for process ${process.pid}`);
});
