import { join } from 'node:path';
import { type Progress, whileWaiting } from '../../progress.js';
import type { Transport } from '../../world/index.js';
import { withWriteErrors } from '../append/write-errors.js';
import { removeLeftInTransport } from '../git/left-files.js';
import { placeOf, privateFolder, type Repository } from '../git/repository.js';
import { withSharedModes } from '../git/shared-modes.js';
import { WriterLock } from '../lock/writer-lock.js';
import { transportFolder } from '../remote/branch-heads.js';
import { pastLocksHere } from '../remote/locks-in-the-way.js';
import { withoutSecrets } from '../remote/remote-url.js';

/** Milliseconds to wait for other processes of this machine that talk to the remote. */
const PATIENCE = 120_000;

/** Lets one process per machine talk to the remote of a log. */
export class RemoteLock {
  constructor(
    private readonly repository: Repository,
    private readonly transport: Transport,
    private readonly progress: Progress | undefined,
  ) {}

  /** Runs `talk` under the lock, or not at all once `isDone`, as another process has done the work. Throws LOCKED. */
  hold(talk: () => Promise<void>, isDone = () => false): Promise<void> {
    const place = placeOf(this.repository);
    return withSharedModes(this.repository, async () => {
      const folder = join(privateFolder(this.repository), 'remote');
      const lock = await withWriteErrors(place, () =>
        WriterLock.acquireUnless(folder, PATIENCE, { settled: isDone, progress: this.progress }),
      );
      if (!lock) return;
      try {
        const answer = `${withoutSecrets(this.transport.url)} to answer`;
        const gitdir = transportFolder(this.repository);
        removeLeftInTransport(gitdir);
        await withWriteErrors(place, () =>
          whileWaiting(this.progress, answer, () => pastLocksHere(gitdir, talk)),
        );
      } finally {
        lock.release();
      }
    });
  }
}
