import { hostname } from 'node:os';
import type { Listener } from './listener.js';
import { controlGroupsOf, nameOf, parentOf, userIdOf } from './process-facts.js';
import { isWithin } from './process-tree.js';
import { userName } from './socket-owner.js';

/** Names as in /proc/PID/comm, cut to 15 characters there. */
const ENGINES =
  /^(dockerd|docker-proxy|containerd.*|conmon.*|podman|rootlessport|rootlesskit|slirp4netns|pasta.*|crio|kubelet|kube-proxy|k3s.*|k0s|rke2.*|lxd|incusd|buildkitd)$/;
const SUPERVISORS =
  /^(supervisord|runsv|s6-supervise|supervise|supervise-daem.*|circusd|dinit|nomad|monit|launchd|PM2.*|pm2.*|god|perpd|nspawn)$/;

/** Why a listener must not be ended from here, and what to do instead; undefined where nothing stands against it. */
export function protection(listener: Listener): { why: string; hint: string } | undefined {
  const { pid, container, user } = listener;
  if (container !== null) {
    return {
      why: `it is of the container ${container}`,
      hint: `docker stop ${container}, or what started it`,
    };
  }
  if (pid === null) {
    return {
      why: `it is a process that cannot be seen from here`,
      hint: `ask ${user ?? 'root'}, or look with sudo`,
    };
  }
  if (parentOf(pid) === undefined) {
    return {
      why: 'this system does not tell enough of it to be sure of ending no other',
      hint: `kill ${pid}`,
    };
  }
  if (pid === 1) return { why: 'it is process 1', hint: 'configure it instead' };
  const name = nameOf(pid) ?? '';
  if (ENGINES.test(name)) return { why: `${name} is a container engine`, hint: 'stop the container instead' };
  if (isWithin(process.pid, pid))
    return { why: 'this very command was started by it', hint: 'end it from elsewhere' };
  const uid = userIdOf(pid);
  if (uid !== process.getuid?.()) {
    // A process may have the socket of another user, who made it.
    const whose = uid === undefined ? (user ?? 'another user') : userName(uid);
    return { why: `it is a process of ${whose}`, hint: `have ${whose} end it` };
  }
  return manager(pid);
}

/** A service manager would start it again: it is to be asked, not its child ended. */
function manager(pid: number): { why: string; hint: string } | undefined {
  const unit = controlGroupsOf(pid)
    .flatMap((path) => path.split('/'))
    .find((part) => part.endsWith('.service') && !/^user@\d+\.service$/.test(part));
  if (unit)
    return { why: `it is of the systemd unit ${unit} on ${hostname()}`, hint: `systemctl stop ${unit}` };
  const seen = new Set([pid]);
  for (let at = parentOf(pid); at !== undefined && at > 1 && !seen.has(at); at = parentOf(at)) {
    seen.add(at);
    const name = nameOf(at);
    if (name === undefined || !SUPERVISORS.test(name)) continue;
    return { why: `${name} (pid ${at}) has started it and looks after it`, hint: `have ${name} stop it` };
  }
  return undefined;
}
