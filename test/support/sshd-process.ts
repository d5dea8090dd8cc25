import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.mjs';

export interface Sshd {
  server: ChildProcess;
  url: (path: string) => string;
  /** With which git gets in. */
  command: string;
}

/** An sshd on a port of the loopback, whose keys and configuration are in a folder. `seenAs` is the port that others reach it by. */
export function startSshd(folder: string, port: number, seenAs = port): Sshd {
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
  const lines = Object.entries(config).map((it) => it.join(' '));
  writeFileSync(file, lines.join('\n'));
  mkdirSync('/run/sshd', { recursive: true });
  const server = spawn(findProgram('sshd')!, ['-D', '-e', '-f', file], { stdio: 'ignore' });
  return {
    server,
    url: (path) => `ssh://127.0.0.1:${seenAs}${path}`,
    command: `ssh -i ${user} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`,
  };
}
