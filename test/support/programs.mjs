/** Programs beside Node and git that some tests use, where they are there. With VPORTS_TEST_NO_SKIP=1 a missing one is a failure. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export const OPTIONAL = {
  sshd: 'remotes over a real ssh server',
  ssh: 'remotes over a real ssh server',
  'ssh-keygen': 'remotes over a real ssh server, and signed commits',
  gpg: 'commits signed by openpgp',
  gpgconf: 'commits signed by openpgp',
  lsof: 'what macOS has to find listeners',
  python3: 'a listener that is no Node',
  socat: 'a listener that is no Node',
  nc: 'a listener that is no Node',
  setpriv: 'processes of another user',
  unshare: 'a network, pid or mount namespace of its own',
  fish: 'variables and completion in fish',
  zsh: 'completion in zsh',
  ps: 'what macOS has to tell processes',
  script: 'questions on a terminal',
  direnv: 'ports in a shell, by direnv',
  mise: 'ports in a shell, by mise',
  strace: 'failing system calls',
  faketime: 'clocks that are wrong',
  'mkfs.ext4': 'power cuts',
  caddy: 'names of ports by a proxy',
  nginx: 'names of ports by a proxy',
  curl: 'names of ports by a proxy',
  gitolite: 'a host that runs hooks',
  chromium: 'the map in a browser',
};

/** Where a program is, on the PATH and where the system keeps its servers; undefined where it is not. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export function missingPrograms() {
  return Object.keys(OPTIONAL).filter((name) => findProgram(name) === undefined);
}
