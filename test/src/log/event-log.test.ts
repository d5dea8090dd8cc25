import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import { git } from '../../support/git.js';
import { newRegistry, openLog } from '../../support/registries.js';
import { eventLogContract } from './event-log.contract.js';
import { MemoryLog } from './memory-log.js';

eventLogContract('the log in memory', async () => new MemoryLog(defaultPolicySource()));

eventLogContract('the log in a bare repository', async () => openLog(await newRegistry({ bare: true })));

eventLogContract('the log in a checked-out repository', async () =>
  openLog(await newRegistry({ bare: false })),
);

eventLogContract('the log in a linked worktree', async () => {
  const path = await newRegistry({ bare: false });
  git(path, 'worktree', 'add', '-q', '-b', 'feature', `${path}-feature`);
  return openLog(`${path}-feature`, 'refs/heads/feature');
});

eventLogContract('the log on a branch that is not there yet', async () =>
  openLog(await newRegistry({ bare: true }), 'refs/heads/new', 'refs/heads/main'),
);

eventLogContract('the log in a packed repository', async () => {
  const path = await newRegistry({ bare: true });
  git(path, 'gc', '-q');
  return openLog(path);
});
