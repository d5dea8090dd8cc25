import { createRequire } from 'node:module';
import vm from 'node:vm';
import type { Files, ProcessTable, World } from '../../src/world/index.js';
import type { Chance } from './chance.js';
import { type Disk, failure } from './disk.js';
import type { Network, Order, Told } from './program.js';
import type { Scheduler } from './scheduler.js';

/** Thrown at every call of a process that was killed: nothing of it happens any more. */
const KILLED = Object.assign(new Error('killed'), { isKilled: true });

/** How often what happens at a call, each a probability. */
export interface Dangers {
  kill: number;
  letOthers: number;
  diskError: number;
}

/** A machine of the team: a disk, a clock that may be wrong, and the processes that run on it. */
export interface Machine {
  name: string;
  disk: Disk;
  boot: string;
  /** How far its clock is from the right time, in milliseconds. */
  skew: number;
  isFull: boolean;
  alive: Map<number, string>;
  nextPid: number;
}

const RESUME = new vm.Script('resume()');
const require = createRequire(import.meta.url);
/** What only computes. */
const COMPUTING = [
  'buffer',
  'crypto',
  'events',
  'os',
  'path',
  'stream',
  'string_decoder',
  'url',
  'util',
  'zlib',
  'assert',
];

/** A process on a machine, from its start to its end or its death. It is in a context of its own, whose promises go on only when it is its turn. */
export class SimulatedProcess {
  readonly pid: number;
  readonly machine: Machine;
  isDead = false;
  onEnded: (told: Told) => void = () => undefined;
  told: Told | undefined;
  readonly begun: number;
  ended: number | undefined;
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  readonly #dangers: Dangers;
  readonly #loaded: LoadedProgram;

  constructor(
    machine: Machine,
    { scheduler, chance, dangers }: { scheduler: Scheduler; chance: Chance; dangers: Dangers },
    loaded: LoadedProgram,
  ) {
    this.machine = machine;
    this.#scheduler = scheduler;
    this.#chance = chance;
    this.#dangers = dangers;
    this.begun = scheduler.time;
    this.pid = machine.nextPid++;
    machine.alive.set(this.pid, String(scheduler.time));
    this.#loaded = loaded;
    loaded.process = this;
  }

  start(path: string, order: Order, network: Network): void {
    const { start } = this.#loaded.context;
    this.enter(() =>
      start({ world: this.#world(), network, path, order }, (told: string) =>
        this.#end(JSON.parse(told) as Told),
      ),
    );
  }

  /** Runs something in the process, and all that its promises do then. It may be killed right before. */
  enter(work: () => void): void {
    if (this.isDead || this.ended !== undefined) return;
    if (this.#chance.is(this.#dangers.kill)) {
      this.die();
      return;
    }
    const { context } = this.#loaded;
    context.resume = work;
    try {
      RESUME.runInContext(context);
    } catch (error) {
      if (error !== KILLED) throw error;
    }
  }

  /** As SIGKILL does: no promise of it is resumed, and no `finally` has any effect. */
  die(): void {
    this.isDead = true;
    this.machine.alive.delete(this.pid);
  }

  #end(told: Told): void {
    if (this.isDead) return;
    this.told = told;
    this.ended = this.#scheduler.time;
    this.machine.alive.delete(this.pid);
    this.onEnded(told);
  }

  #beforeCall(name: string, path: string, writes: boolean): void {
    if (this.isDead) throw KILLED;
    this.#scheduler.time += 0.01;
    if (writes && this.#chance.is(this.#dangers.kill)) this.die();
    else if (this.#chance.is(this.#dangers.letOthers)) this.#scheduler.letOthers(this);
    if (this.isDead) throw KILLED;
    const needsRoom = ['open', 'write', 'mkdir', 'link'].includes(name);
    if (writes && needsRoom && this.machine.isFull) throw failure('ENOSPC', name, path);
    if (writes && this.#chance.is(this.#dangers.diskError)) throw failure('EIO', name, path);
  }

  #world(): World {
    const files: Files = this.machine.disk.seenBy((name, path, writes) =>
      this.#beforeCall(name, path, writes),
    );
    const { machine } = this;
    const later = (milliseconds: number, work: () => void) =>
      this.#scheduler.after(milliseconds, () => this.enter(work), this);
    const processes: ProcessTable = {
      boot: () => machine.boot,
      namespace: () => '1',
      look: (pid) => {
        const started = machine.alive.get(pid);
        return started === undefined ? undefined : { state: 'running', started };
      },
      ownStart: () => machine.alive.get(this.pid) ?? '',
      isSameStart: (one, other) => one === other,
    };
    return {
      now: () => Math.floor(Date.UTC(2026, 10, 29) + this.#scheduler.time + machine.skew),
      elapsed: () => this.#scheduler.time,
      after: later,
      soon: (work) => void later(0, work),
      random: () => this.#chance.next(),
      randomBytes: (length) => this.#chance.bytes(length),
      pid: this.pid,
      hostname: () => machine.name,
      files,
      sync: (_descriptor, done) => void later(0.1, () => done(null)),
      watch: (path, happened) => machine.disk.watch(path, (change) => void later(0, () => happened(change))),
      processes,
      isBound: () => false,
    };
  }
}

/** A context that has evaluated the program, and the process that runs in it now. */
export interface LoadedProgram {
  context: vm.Context & { resume?: (() => void) | undefined };
  process: SimulatedProcess | undefined;
}

/** Evaluates the program in a new context. One whose process has come to its end can serve another one. */
export function loadProgram(program: vm.Script, scheduler: Scheduler): LoadedProgram {
  const loaded: LoadedProgram = { context: {}, process: undefined };
  const later = (work: () => void, milliseconds = 0) => {
    const { process } = loaded;
    return scheduler.after(milliseconds, () => process?.enter(work), process);
  };
  const sandbox = {
    // Those of the outside: what comes from there is an instance of them too.
    Buffer,
    Uint8Array,
    Error,
    TextDecoder,
    TextEncoder,
    URL,
    console: { log: () => undefined, warn: () => undefined, error: () => undefined },
    process: {
      get env() {
        const name = loaded.process?.machine.name ?? '';
        return {
          HOME: '/home',
          GIT_AUTHOR_NAME: name,
          GIT_AUTHOR_EMAIL: `${name}@example.com`,
          GIT_CONFIG_NOSYSTEM: '1',
          PATH: '/none',
        };
      },
      get pid() {
        return loaded.process?.pid ?? 0;
      },
      platform: 'linux',
      version: process.version,
      versions: process.versions,
      cwd: () => '/home',
      umask: () => 0o022,
      stdin: {},
      execPath: '/none/node',
      nextTick: (work: () => void) => later(work),
      on: () => undefined,
      once: () => undefined,
      emitWarning: () => undefined,
    },
    setImmediate: (work: () => void) => later(work),
    setTimeout: later,
    clearTimeout: (cancel: (() => void) | undefined) => cancel?.(),
    require: (id: string) => {
      const name = id.replace(/^node:/, '');
      if (COMPUTING.includes(name)) return require(id);
      // They are loaded, and nothing of them may be called.
      return new Proxy({}, { get: (_, key) => forbidden(`${name}.${String(key)}`) });
    },
    module: { exports: {} },
    exports: {},
  };
  loaded.context = vm.createContext(sandbox, { microtaskMode: 'afterEvaluate' });
  program.runInContext(loaded.context);
  return loaded;
}

function forbidden(what: string): unknown {
  const refuse = () => {
    throw new Error(`the simulated program asks the real world: ${what}`);
  };
  return new Proxy(refuse, { get: (_, key) => (key === Symbol.toPrimitive ? () => what : refuse) });
}
