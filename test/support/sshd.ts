import { onTestFinished } from 'vitest';
import { isListedAs, until } from './children.js';
import { temporaryFolder } from './folders.js';
import { type Sshd, startSshd } from './sshd-process.js';

/** An sshd on a port of the loopback that goes with the test. */
export async function sshd(port: number): Promise<Sshd> {
  const started = startSshd(temporaryFolder(), port);
  onTestFinished(() => void started.server.kill());
  await until(() => isListedAs({ port, protocol: 'tcp' }));
  return started;
}
