import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { register } from '../../../../src/registry/decide/register.js';
import { Logs } from '../../../../src/registry/state/logs.js';
import { write } from '../../../../src/registry/write/write.js';
import { temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';
import { newRegistry } from '../../../support/registries.js';

test('a command whose push another one led, and lost the answer of, says that its event may have arrived', async () => {
  const remote = await newRegistry({ bare: true });
  const path = join(temporaryFolder(), 'ports.git');
  git('.', 'clone', '-q', '--bare', remote, path);
  git(path, 'config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*');
  const logs = new Logs({ path, from: 'option' });
  onTestFinished(() => logs.close());
  const { publisher } = await logs.registry();
  const publish = publisher.publish.bind(publisher);
  publisher.publish = async (appended) => {
    await publish(appended);
    renameSync(remote, `${remote}.gone`);
    return 'moved';
  };
  const told = write(logs, {
    decide: (view) =>
      register(view, { resource: 'web', ports: [{ name: 'main', port: 30001, protocol: 'tcp' }] }),
    resources: ['web'],
  });
  await expect(told).rejects.toMatchObject({
    code: 'REMOTE_UNREACHABLE',
    details: { mayHaveArrived: true },
    hint: expect.stringContaining('it may still have arrived'),
  });
  expect(git(`${remote}.gone`, 'ls-tree', '-r', '--name-only', 'main')).toContain('30001/0001.json');
});
