import { expect, onTestFinished, test } from 'vitest';
import { stageCommit } from '../../../../src/log/append/build-commit.js';
import { Objects } from '../../../../src/log/git/objects.js';
import { git } from '../../../support/git.js';
import { ADA, allocated, history, NOON } from '../../../support/given.js';
import { newRegistry, openLog } from '../../../support/registries.js';

test('an event is never put in the place of another, whatever it was decided on', async () => {
  const path = await newRegistry({ bare: true });
  const log = openLog(path);
  const append = { events: [allocated(25000, 'web')], by: ADA, at: NOON };
  await log.exclusively(() => log.append(append));
  const { policy } = await log.state();
  await log.close();
  const objects = new Objects(path);
  onTestFinished(() => objects.close());
  const [head, tree] = ['HEAD', 'HEAD^{tree}'].map((it) => git(path, 'rev-parse', it));
  const stage = (port: number) => {
    const batch = { ...append, events: [allocated(port, 'api')] };
    return stageCommit(objects, { head: head!, tree: tree!, policy }, '', batch, history(batch.events));
  };
  await expect(stage(25000)).rejects.toMatchObject({ name: 'HeadMoved' });
  expect((await stage(25001)).files).toMatchObject([{ before: undefined }]);
});
