import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { isListedAs, until } from './children.js';
import { temporaryFolder } from './folders.js';
import { findProgram } from './programs.mjs';

/** An sshd on a port of the loopback, and the command with which git gets in. */
export async function sshd(port: number): Promise<{ url: (path: string) => string; command: string }> {
  const folder = temporaryFolder();
  const key = (name: string) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return join(folder, name);
  };
  const [host, user] = [key('host'), key('user')];
  execFileSync('cp', [`${user}.pub`, join(folder, 'authorized')]);
  const config = {
    Port: port,
    ListenAddress: '127.0.0.1',
    HostKey: host,
    AuthorizedKeysFile: join(folder, 'authorized'),
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: join(folder, 'pid'),
    PermitRootLogin: 'yes',
  };
  const file = join(folder, 'config');
  writeFileSync(
    file,
    Object.entries(config)
      .map((it) => it.join(' '))
      .join('\n'),
  );
  mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(findProgram('sshd')!, ['-D', '-e', '-f', file], { stdio: 'ignore' });
  onTestFinished(() => void server.kill());
  await until(() => isListedAs({ port, protocol: 'tcp' }));
  return {
    url: (path) => `ssh://127.0.0.1:${port}${path}`,
    command: `ssh -i ${user} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`,
  };
}
