import { join } from 'node:path';
import type { Files, RemoteMove, TransportPlace } from '../../src/world/index.js';
import type { Chance } from './chance.js';
import type { Host } from './host.js';
import type { SimulatedProcess } from './process.js';
import type { Network, NetworkAnswer } from './program.js';
import type { Scheduler } from './scheduler.js';

/** How bad the network is, each a probability. */
export interface Weather {
  /** That a request does not arrive. */
  lost: number;
  /** That its answer does not. */
  answerLost: number;
  /** Whether nothing gets through at all. */
  isDown: boolean;
  /** That whoever waits for an answer is killed as it comes: a person's Ctrl-C, most likely. */
  killed: number;
  /** That a git whose vports was killed is killed too. */
  gitDies: number;
}

const FETCHED = 'refs/remotes/origin/';

/**
 * git as it talks to the host for one process: what it does here it does step by step, with locks that stay if it is killed, and it may
 * go on for a while when its vports has gone.
 */
export function networkOf(
  process: SimulatedProcess,
  {
    host,
    scheduler,
    chance,
    weather,
    pushes,
  }: {
    host: Host;
    scheduler: Scheduler;
    chance: Chance;
    weather: Weather;
    pushes: (process: SimulatedProcess) => void;
  },
): Network {
  const disk: Files = process.machine.disk.seenBy(() => undefined);
  const latency = () => chance.between(5, 400);
  const later = (milliseconds: number, work: () => void) => void scheduler.after(milliseconds, work);
  const isLost = (probability: number) => chance.is(probability) || weather.isDown;
  const answer = (to: (how: NetworkAnswer) => void, how: NetworkAnswer) => {
    if (!process.isDead && chance.is(weather.killed)) process.die();
    else process.enter(() => to(how));
  };
  /** Whether git itself still runs: it is asked before each of its steps. */
  let isGitDead: boolean | undefined;
  const gitRuns = () => {
    if (process.isDead) isGitDead ??= chance.is(weather.gitDies);
    return isGitDead !== true;
  };

  return {
    fetch: (place, to) => {
      if (isLost(weather.lost)) return later(latency(), () => answer(to, { is: 'unreachable' }));
      later(latency(), () => {
        const refs = new Map(host.refs);
        const objects = new Map(host.objects);
        later(latency(), () => {
          if (isLost(weather.answerLost)) return answer(to, { is: 'unreachable' });
          const steps = fetchSteps(disk, place, refs, objects);
          const next = () => {
            if (!gitRuns()) return;
            const step = steps.next();
            if (!step.done) return later(chance.between(0, 3), next);
            answer(to, step.value);
          };
          next();
        });
      });
    },
    push: (place, move, to) => {
      pushes(process);
      if (isLost(weather.lost)) return later(latency(), () => answer(to, { is: 'unreachable' }));
      later(latency(), () => {
        if (!gitRuns()) return;
        if (move.oid !== undefined) upload(disk, place, host, move.oid);
        const how = host.receive(move);
        later(latency(), () => {
          if (isLost(weather.answerLost)) return answer(to, { is: 'unreachable' });
          answer(to, how === 'ok' ? { is: 'ok' } : { is: 'refused', ...reasonOf(how, move, host) });
        });
      });
    },
  };
}

function reasonOf(how: string, move: RemoteMove, host: Host): { reason: string; stderr: string } {
  if (!how.startsWith('cannot lock')) return { reason: how, stderr: '' };
  if (host.locks.has(move.ref))
    return {
      reason: 'failed to update ref',
      stderr: `error: Unable to create '/srv/ports.git/${move.ref}.lock': File exists.`,
    };
  const other = [...host.refs.keys()].find(
    (ref) => ref.startsWith(`${move.ref}/`) || move.ref.startsWith(`${ref}/`),
  );
  return {
    reason: 'failed to update ref',
    stderr: `error: cannot lock ref '${move.ref}': '${other}' exists; cannot create '${move.ref}'`,
  };
}

/** Objects first, then one ref after the other, each under a lock of its own. */
function* fetchSteps(
  disk: Files,
  { commondir, gitdir }: TransportPlace,
  refs: Map<string, string>,
  objects: Map<string, Buffer>,
): Generator<void, NetworkAnswer> {
  for (const [oid, bytes] of objects) {
    const path = join(commondir, 'objects', oid.slice(0, 2), oid.slice(2));
    if (disk.existsSync(path)) continue;
    disk.mkdirSync(join(path, '..'), { recursive: true });
    disk.writeFileSync(path, bytes);
  }
  yield;
  const wanted = new Map([...refs].map(([ref, oid]) => [ref.replace('refs/heads/', FETCHED), oid]));
  const folder = join(gitdir, FETCHED);
  const known = disk.existsSync(folder)
    ? filesBelow(disk, folder).map((it) => it.slice(gitdir.length + 1))
    : [];
  const gone = known.filter((ref) => !ref.endsWith('.lock') && !wanted.has(ref));
  for (const ref of [...gone, ...wanted.keys()]) {
    const oid = wanted.get(ref);
    const path = join(gitdir, ref);
    if (oid !== undefined && disk.existsSync(path) && disk.readFileSync(path, 'utf8').trim() === oid)
      continue;
    disk.mkdirSync(join(path, '..'), { recursive: true });
    try {
      disk.writeFileSync(`${path}.lock`, oid === undefined ? '' : `${oid}\n`, { flag: 'wx' });
    } catch {
      return { is: 'locked here', lock: `${path}.lock` };
    }
    yield;
    if (oid === undefined) {
      disk.rmSync(path, { force: true });
      disk.rmSync(`${path}.lock`, { force: true });
    } else disk.renameSync(`${path}.lock`, path);
    yield;
  }
  return { is: 'ok' };
}

function filesBelow(disk: Files, folder: string): string[] {
  return disk
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(disk, join(folder, entry.name)) : [join(folder, entry.name)],
    );
}

/** Gives the host the objects of this machine that it lacks. What a commit needs was written before any ref had it. */
function upload(disk: Files, { commondir }: TransportPlace, host: Host, oid: string): void {
  const open = [oid];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (host.objects.has(at)) continue;
    const path = join(commondir, 'objects', at.slice(0, 2), at.slice(2));
    host.objects.set(at, disk.readFileSync(path));
    open.push(...host.referencesOf(at));
  }
}
