/**
 * The built program, loaded once and called as often as it is asked to: in the folder and with the environment that each call
 * names. What a call prints goes to the streams of this process, and `end` on both of them says that it is complete. After each
 * call everything is as it was before; what is not is reported as left behind.
 */
const { readdirSync, readlinkSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { resolve } = require('node:path');
const { setTimeout: pause } = require('node:timers/promises');
const trackLocks = require('./tracked-locks.cjs');

/** How long what a call has started may take to end, in milliseconds: a process of its own would not exit before that. */
const PATIENCE = 10_000;

const locks = trackLocks();
const { runProgram } = require(resolve('dist/cli.cjs'));
const home = process.cwd();

process.on('disconnect', () => process.exit());
process.on('message', async ({ argv, cwd, env, end, umask }) => {
  const before = state();
  process.chdir(cwd);
  if (umask !== undefined) process.umask(umask);
  const ownUmask = process.umask();
  setEnvironment(env);
  process.exitCode = undefined;
  await runProgram(argv);
  const status = process.exitCode ?? 0;
  const running = await untilDrained(before.active);
  endAsProcess(before.exits, status);
  // Connections that node keeps for the next request, and that keep no process from ending.
  for (const { globalAgent } of [http, https]) globalAgent.destroy();
  await endFetches();
  const after = state();
  const left = [
    ...running.map((it) => `a handle (${it})`),
    ...beyond(after.open, before.open).map((it) => `the open file ${it}`),
    ...beyond(after.listeners, before.listeners).map((it) => `a listener of ${it}`),
    ...locks.held().map((it) => `the lock ${it}`),
    ...(after.umask === ownUmask ? [] : ['another umask']),
  ];
  locks.forget();
  process.chdir(home);
  process.umask(before.umask);
  process.exitCode = undefined;
  await Promise.all([process.stdout, process.stderr].map((it) => new Promise((done) => it.write(end, done))));
  process.send({ status, left });
});
process.send('ready');

function setEnvironment(env) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

function state() {
  return {
    // First, as it makes the streams.
    listeners: [process, process.stdout, process.stderr].flatMap((it, index) =>
      it
        .eventNames()
        .flatMap((name) =>
          it.listeners(name).map(() => `${['process', 'stdout', 'stderr'][index]} ${String(name)}`),
        ),
    ),
    active: process.getActiveResourcesInfo(),
    open: process.platform === 'linux' ? openFiles() : [],
    exits: process.rawListeners('exit').length,
    umask: process.umask(),
  };
}

/** Without what node's own loop keeps, and the folder that is being read. */
function openFiles() {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return /^(anon_inode:|\/proc\/|\/dev\/null$)/.test(target) ? [] : [target];
    } catch {
      return [];
    }
  });
}

/** Waits until nothing more than before would keep a process from ending; gives what still does. */
async function untilDrained(before) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    const more = beyond(process.getActiveResourcesInfo(), before);
    if (more.length === 0 || performance.now() >= deadline) return more;
    await pause(1, undefined, { ref: false });
  }
}

/** What a command wants done at the end of its process is done now. */
function endAsProcess(before, status) {
  for (const listener of process.rawListeners('exit').slice(before)) {
    process.off('exit', listener);
    listener.call(process, status);
  }
}

/** The connections of fetch are kept by a dispatcher, which no request can be given to once it has ended. */
async function endFetches() {
  const place = Symbol.for('undici.globalDispatcher.1');
  const { [place]: dispatcher } = globalThis;
  if (!dispatcher) return;
  globalThis[place] = new dispatcher.constructor();
  await dispatcher.destroy();
}

/** What is in one list more often than in another. */
function beyond(list, other) {
  const rest = [...other];
  return list.filter((it) => {
    const at = rest.indexOf(it);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
