import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { privateFolder } from '../../../../src/log/git/repository.js';
import { put } from '../../../support/folders.js';
import { git } from '../../../support/git.js';
import { ADA, allocated, NOON } from '../../../support/given.js';
import { newRegistry, openLog } from '../../../support/registries.js';

async function stateOf(path: string) {
  const log = openLog(path);
  rmSync(privateFolder(log.repository), { recursive: true, force: true });
  const { holdings, damaged } = await log.state();
  await log.close();
  const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port;
  return { held: [...holdings].sort(byPort), damaged: [...damaged].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

test('all blocks read in one go are what they are when each is looked into, damaged ones too', async () => {
  const path = await newRegistry({ bare: false });
  const log = openLog(path);
  for (let block = 0; block < 24; block++) {
    await log.state();
    const event = allocated(20000 + 100 * block, `r${block}`);
    await log.exclusively(() => log.append({ events: [event], by: ADA, at: NOON }));
  }
  await log.close();
  const at = (block: number, rest: string) =>
    join(path, `events/tcp/${20 + Math.floor(block / 10)}xxx/${200 + block}xx`, rest);
  put(at(0, '20000/notes.txt'), 'x');
  put(at(1, '20100/0003.json'), '{}');
  put(at(2, '20200/0002.json'), 'not an event');
  put(at(3, '20300/0002.json'), 'x'.repeat(100_000));
  put(at(4, '20400/below/0002.json'), '{}');
  put(at(5, 'odd/0001.json'), '{}');
  put(join(path, 'events/tcp/20xxx/notes'), 'x');
  put(join(path, 'events/other/1'), 'x');
  rmSync(at(6, '20600/0001.json'));
  put(at(6, '20600/0002.json'), '{}');
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', 'damage');
  const together = await stateOf(path);
  expect(together.held).toHaveLength(18);
  expect(together.damaged).toHaveLength(6);

  const { PATH } = process.env;
  onTestFinished(() => {
    process.env.PATH = PATH;
  });
  execFileSync('git', ['-C', path, 'unpack-objects', '-q'], {
    input: execFileSync('git', ['-C', path, 'pack-objects', '-q', '--stdout', '--all'], { input: '' }),
  });
  process.env.PATH = '/nonexistent';
  expect(await stateOf(path)).toEqual(together);
});
