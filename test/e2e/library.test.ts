import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';

/** As another program imports it: the built file, by its path in the package's exports. */
const library = (): Promise<typeof import('../../src/index.js')> => import(resolve('dist/index.js'));

test('the library has the verbs of the command line, typed, and throws errors with their codes', async () => {
  const { openRegistry, initRegistry, VportsError } = await library();
  const path = join(temporaryFolder(), 'ports');
  expect(await initRegistry(path)).toEqual({ path, created: true });
  const registry = await openRegistry({ path });
  const { ports, commits } = await registry.allocate('web', {
    ports: ['api', 'ui=35000'],
    reason: 'first',
    docs: false,
  });
  expect(ports.get('ui')).toMatchObject({ port: 35000, env: 'WEB_UI_PORT', created: true });
  expect(git(path, 'rev-parse', 'HEAD')).toBe(commits[0]!.oid);
  expect(await registry.get('web', 'ui')).toEqual({ port: 35000, protocol: 'tcp', warnings: [] });
  expect((await registry.reassign('web', { port: 'ui' })).moved).toMatchObject([{ from: 35000, to: 35001 }]);
  const refused = registry.allocate('../x');
  await expect(refused).rejects.toBeInstanceOf(VportsError);
  await expect(refused).rejects.toMatchObject({ code: 'BAD_NAME', exitCode: 2 });
  await registry.close();
});

test('the library finds the registry of a project, and says nothing on its own', async () => {
  const { openRegistry, initRegistry } = await library();
  const home = temporaryFolder();
  await initRegistry(join(home, 'ports'), { bare: true });
  const cwd = join(home, 'project');
  put(join(cwd, '.vports.json'), '{"registry": "../ports"}');
  const registry = await openRegistry({ cwd });
  expect(registry.place).toEqual({ path: join(home, 'ports'), from: 'project' });
  await registry.register('grafana', ['25300']);
  expect((await registry.list()).map(({ port }) => port)).toEqual([25300]);
  await registry.close();
});

test('its types need no others than its own: not those of node, and nothing is skipped', () => {
  const folder = temporaryFolder();
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const program = `import { openRegistry } from '${resolve('dist/types/src/index.js')}';
const registry = await openRegistry({ path: 'ports' });
export const ports: number = (await registry.allocate('web', { ports: ['api'] })).ports.get('api')!.port;
`;
  put(join(folder, 'program.mts'), program);
  const compiler = resolve('node_modules/typescript/bin/tsc');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
  execFileSync(process.execPath, [compiler, ...options, '--skipLibCheck', 'false', 'program.mts'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
});
