import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder, isPrivateFolder } from '../../files/user-folders.js';
import type { Listener } from '../../host/listener.js';
import { processesWith, userIdOf, variableOf } from '../../host/process-facts.js';
import { protection } from '../../host/process-kind.js';
import { isWithin } from '../../host/process-tree.js';
import { livenessOf, ownIdentity, type ProcessIdentity } from '../../process/identity.js';
import { keepUserFile } from '../../process/user-file.js';
import { readdirSync, rmSync } from '../../world/files.js';

/** Marks the processes of one run. */
export const RUN_VARIABLE = 'VPORTS_RUN';

interface RecordedRun extends ProcessIdentity {
  id: string;
  resource: string;
}

/** Records a run of this process; returns its id. */
export function recordRun(resource: string): string {
  const id = randomUUID();
  for (const it of recordedRuns()) if (isOver(it)) forgetRun(it.id);
  const run: RecordedRun = { id, resource, ...ownIdentity() };
  keepUserFile(runsFolder(), `${id}.json`, `${JSON.stringify(run)}\n`);
  return id;
}

/** To be called once no process of the run is left. */
export function endRun(id: string): void {
  if (processesWith(RUN_VARIABLE, id).length === 0) forgetRun(id);
}

/**
 * The recorded run of a resource that a listener belongs to: a process of this user, without a supervisor, whose ancestors or
 * environment name the run. Undefined without proof, as on a system without proc(5).
 */
export function runOf(listener: Listener, resource: string): RecordedRun | undefined {
  const { pid, connected } = listener;
  if (pid === null || connected || protection(listener) || userIdOf(pid) !== process.getuid?.())
    return undefined;
  const { boot, pidns } = ownIdentity();
  const runId = variableOf(pid, RUN_VARIABLE);
  return recordedRuns().find(
    (it) =>
      it.resource === resource &&
      boot !== '' &&
      it.boot === boot &&
      it.pidns === pidns &&
      (it.id === runId || (it.started !== '' && livenessOf(it) === 'alive' && isWithin(pid, it.pid))),
  );
}

/** A process of another container is not visible from here, so its run counts as live. */
function isOver(run: RecordedRun): boolean {
  const { boot, pidns } = ownIdentity();
  if (boot !== '' && run.boot !== boot) return true;
  return (
    run.pidns === pidns && livenessOf(run) === 'dead' && processesWith(RUN_VARIABLE, run.id).length === 0
  );
}

function recordedRuns(): RecordedRun[] {
  if (!isPrivateFolder(dataFolder())) return [];
  const names = attempt(() => readdirSync(runsFolder())) ?? [];
  return names.flatMap((name) => readRun(name) ?? []);
}

/** File name and content must agree. */
function readRun(name: string): RecordedRun | undefined {
  return attempt(() => {
    const { id, resource, pid, started, boot, pidns } = JSON.parse(
      readRegularText(join(runsFolder(), name), 4_096),
    );
    const isSound = [id, resource, started, boot, pidns].every((it) => typeof it === 'string');
    if (!isSound || `${id}.json` !== name || !Number.isInteger(pid)) return undefined;
    return { id, resource, pid, started, boot, pidns };
  });
}

function forgetRun(id: string): void {
  rmSync(join(runsFolder(), `${id}.json`), { force: true });
}

function runsFolder(): string {
  return join(dataFolder(), 'runs');
}
