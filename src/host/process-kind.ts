import { hostname } from 'node:os';
import type { Listener } from './listener.js';
import { controlGroupsOf, nameOf, parentOf, userIdOf } from './process-facts.js';
import { isWithin } from './process-tree.js';
import { userName } from './socket-owner.js';

/** Names as in /proc/PID/comm, which cuts them to 15 characters. */
const ENGINES =
  /^(dockerd|docker-proxy|containerd.*|conmon.*|podman|rootlessport|rootlesskit|slirp4netns|pasta.*|crio|kubelet|kube-proxy|k3s.*|k0s|rke2.*|lxd|incusd|buildkitd)$/;
const SUPERVISORS =
  /^(supervisord|runsv|s6-supervise|supervise|supervise-daem.*|circusd|dinit|nomad|monit|launchd|PM2.*|pm2.*|god|perpd|nspawn)$/;

/** Why `kill` must not end a listener, and what to do instead; undefined if it may. */
export function protection(listener: Listener): { why: string; hint: string } | undefined {
  const { pid, container, user } = listener;
  if (container !== null) {
    return {
      why: `it runs in container ${container}`,
      hint: `docker stop ${container}, or stop what started it`,
    };
  }
  if (pid === null) {
    return {
      why: `its process is invisible to this user`,
      hint: `ask ${user ?? 'root'}, or look with sudo`,
    };
  }
  if (parentOf(pid) === undefined) {
    return {
      why: 'this system reports too little about it to be sure that it is the right process',
      hint: `kill ${pid}`,
    };
  }
  if (pid === 1) return { why: 'it is process 1', hint: 'configure it instead' };
  const name = nameOf(pid) ?? '';
  if (ENGINES.test(name)) return { why: `${name} is a container engine`, hint: 'stop the container instead' };
  if (isWithin(process.pid, pid))
    return { why: 'it started this command', hint: 'end it from another terminal' };
  const uid = userIdOf(pid);
  if (uid !== process.getuid?.()) {
    // A socket may have been created by another user than the process that holds it now.
    const whose = uid === undefined ? (user ?? 'another user') : userName(uid);
    return { why: `it belongs to ${whose}`, hint: `ask ${whose} to end it` };
  }
  return manager(pid);
}

/** A service manager would restart it: the manager has to stop it. */
function manager(pid: number): { why: string; hint: string } | undefined {
  const unit = controlGroupsOf(pid)
    .flatMap((path) => path.split('/'))
    .find((part) => part.endsWith('.service') && !/^user@\d+\.service$/.test(part));
  if (unit)
    return { why: `it belongs to the systemd unit ${unit} on ${hostname()}`, hint: `systemctl stop ${unit}` };
  const seen = new Set([pid]);
  for (let at = parentOf(pid); at !== undefined && at > 1 && !seen.has(at); at = parentOf(at)) {
    seen.add(at);
    const name = nameOf(at);
    if (name === undefined || !SUPERVISORS.test(name)) continue;
    return { why: `${name} (pid ${at}) supervises it`, hint: `stop it with ${name}` };
  }
  return undefined;
}
