import { createHash } from 'node:crypto';
import { sep } from 'node:path';
import type { FolderLease } from '../../events/lease.js';
import { attempt } from '../attempt.js';
import { readFileSync, readlinkSync, realpathSync } from '../world/files.js';
import { world } from '../world/index.js';

/** Where a folder was seen from: the machine, its mount namespace and the folder's mount. */
export type Seen = NonNullable<FolderLease['seen']>;

/** Where this process sees a folder from. Undefined unless the system reports it: Linux does, in proc_pid_mountinfo(5). */
export function seenHere(folder: string): Seen | undefined {
  const here = placeHere();
  const mount = here && mountOf(attempt(() => realpathSync(folder)) ?? folder, here.mounts);
  return here && mount ? { machine: here.machine, mountns: here.mountns, mount } : undefined;
}

/** Whether a missing folder is really deleted: its drive is mounted, and this is the same machine and container. */
export function isSeenFromHere({ machine, mountns, mount }: Seen): boolean {
  const here = placeHere();
  return here !== undefined && here.machine === machine && here.mountns === mountns && here.mounts.has(mount);
}

function placeHere(): (Omit<Seen, 'mount'> & { mounts: Set<string> }) | undefined {
  return attempt(() => {
    const [mountns] = /\d+/.exec(readlinkSync('/proc/self/ns/mnt')) ?? [];
    const lines = String(readFileSync('/proc/self/mountinfo', 'utf8')).split('\n').filter(Boolean);
    if (mountns === undefined) return undefined;
    return { machine: machineHere(), mountns, mounts: new Set(lines.map(mountIn)) };
  });
}

/** A hash of the machine's id, or of its name: machine-id(5) asks not to publish the id itself. */
function machineHere(): string {
  // A container often has none.
  const id = attempt(() => String(readFileSync('/etc/machine-id', 'utf8')).trim()) || world.hostname();
  return createHash('sha256').update(`vports ${id}`).digest('hex').slice(0, 16);
}

/** Mount point and what is mounted there: device numbers change with each boot. */
function mountIn(line: string): string {
  const [head = '', tail = ''] = line.split(' - ');
  const [, , , root = '', point = ''] = head.split(' ');
  const [type = '', source = ''] = tail.split(' ');
  return `${point} ${type} ${source} ${root}`;
}

function mountOf(folder: string, mounts: Set<string>): string | undefined {
  const pointOf = (mount: string) =>
    mount
      .split(' ', 1)[0]!
      .replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
  const around = [...mounts].filter((it) => {
    const point = pointOf(it);
    return point === sep || folder === point || folder.startsWith(`${point}${sep}`);
  });
  return around.sort((a, b) => pointOf(b).length - pointOf(a).length)[0];
}
