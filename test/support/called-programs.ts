import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

interface Called {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** What a call reports at its end. */
interface Ended {
  status: number;
  /** What it has left in its process: handles, open files, listeners, locks. */
  left: string[];
}

/** Another user to call it as, with the folder of a copy of this package that this one may read. */
export interface CallingUser {
  uid: number;
  gid: number;
  umask: string;
  folder: string;
}

/** Processes that have loaded the program and wait for a call, by their user. They end with this one. */
const idle = new Map<string, ChildProcess[]>();

/** Calls the built program in a process that has loaded it. Fails where the call leaves something behind in there. */
export async function callProgram(
  argv: string[],
  { cwd, env, user }: { cwd: string; env: NodeJS.ProcessEnv; user?: CallingUser },
): Promise<Called> {
  const key = `${user?.uid} ${user?.gid}`;
  const child = idle.get(key)?.pop() ?? (await loadProgram(user));
  const end = `\0${randomUUID()}\0`;
  const ended = new Promise<Ended | { died: number | null; signal: NodeJS.Signals | null }>((done) => {
    child.once('message', (message) => done(message as Ended));
    child.once('close', (died, signal) => done({ died, signal }));
  });
  const [stdout, stderr] = [textUpTo(child.stdout!, end), textUpTo(child.stderr!, end)];
  child.send({ argv, cwd, env, end, umask: user?.umask });
  const how = await ended;
  const printed = { stdout: (await stdout).trimEnd(), stderr: (await stderr).trimEnd() };
  if ('died' in how) return { status: how.died, signal: how.signal, ...printed };
  child.removeAllListeners('close');
  if (how.left.length > 0) {
    child.kill();
    throw new Error(`vports ${argv.join(' ')} leaves behind: ${how.left.join(', ')}`);
  }
  idle.set(key, [...(idle.get(key) ?? []), child]);
  return { status: how.status, signal: null, ...printed };
}

function loadProgram(user: CallingUser | undefined): Promise<ChildProcess> {
  const folder = user?.folder ?? process.cwd();
  const child = fork(join(folder, 'test/support/called-program.cjs'), {
    cwd: folder,
    // A library asks for the home as it is loaded; each call has its own.
    env: { PATH: process.env.PATH, HOME: folder },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(user && { uid: user.uid, gid: user.gid }),
  });
  return new Promise((done, fail) => {
    let said = '';
    child.stderr!.on('data', (chunk) => {
      said += chunk;
    });
    const ended = () => fail(new Error(`a process to call the program in has ended: ${said.slice(-2_000)}`));
    child.once('error', fail).once('close', ended);
    child.once('message', () => {
      child.off('close', ended).stderr!.removeAllListeners('data');
      child.unref();
      child.channel?.unref();
      done(child);
    });
  });
}

/** What comes out of a stream until `end`, or until it ends. */
function textUpTo(stream: Readable, end: string): Promise<string> {
  return new Promise((done) => {
    let text = '';
    const take = (chunk: string) => {
      text += chunk;
      if (text.endsWith(end)) finish(text.slice(0, -end.length));
    };
    const gone = () => finish(text);
    const finish = (all: string) => {
      stream.off('data', take).off('close', gone);
      done(all);
    };
    stream.setEncoding('utf8').on('data', take).once('close', gone);
  });
}
