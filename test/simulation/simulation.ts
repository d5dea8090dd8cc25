import { readdirSync, readFileSync } from 'node:fs';
import type vm from 'node:vm';
import { parse } from 'jsonc-parser';
import { decodeEvent } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { isEventPath, streamOfFolder } from '../../events/event-path.js';
import { foldStream } from '../../events/reducer.js';
import type { Files } from '../../src/world/index.js';
import { BUTTONS, press } from './buttons.js';
import { Chance } from './chance.js';
import { Disk } from './disk.js';
import { Host } from './host.js';
import { networkOf, type Weather } from './network.js';
import { type Dangers, type LoadedProgram, loadProgram, type Machine, SimulatedProcess } from './process.js';
import type { Order, Told } from './program.js';
import { Scheduler } from './scheduler.js';

const MAIN = 'refs/heads/main';
const REGISTRY = '/ports.git';

/** What a new registry contains, by paths. */
const TEMPLATE: ReadonlyMap<string, Buffer> = new Map(
  readdirSync('registry-repo', { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => {
      const path = `${it.parentPath}/${it.name}`;
      const bytes = readFileSync(path);
      // A policy without its comments says the same, and every process here reads it.
      const lean = it.name === 'policy.json' ? Buffer.from(JSON.stringify(parse(String(bytes)))) : bytes;
      return [path.slice('registry-repo/'.length), lean];
    }),
);

export interface Plan {
  seed: number;
  machines: number;
  commands: number;
}

/** What a run came to. */
export interface Outcome {
  seed: number;
  commands: number;
  steps: number;
  /** Milliseconds of simulated time. */
  time: number;
  killed: number;
  refusals: Map<string, number>;
  mostPushes: number;
  /** The longest that a command took, in milliseconds of simulated time. */
  longest: number;
  /** In words, what must never be. */
  broken: string[];
  /** What happened, a line each: of two runs of one seed they are the same. */
  trace: string[];
}

/** A command that was given, with what it was told. */
interface Given {
  process: SimulatedProcess;
  order: Order;
  pushes: number;
}

/** No command pushes more often, or takes longer (milliseconds), whatever happens. */
const [MOST_PUSHES, LONGEST] = [120, 400_000];

/** A team of machines that write to one registry, at a host where people press buttons, with everything that can go wrong. */
export class Simulation {
  readonly #plan: Plan;
  readonly #chance: Chance;
  readonly #scheduler: Scheduler;
  readonly #host = new Host();
  readonly #program: vm.Script;
  readonly #machines: Machine[] = [];
  readonly #given = new Map<SimulatedProcess, Given>();
  readonly #dangers: Dangers;
  readonly #weather: Weather;
  /** Events that somebody was told to be on record: the blob of each, by its path. */
  readonly #acknowledged = new Map<string, { oid: string; by: string }>();
  readonly #onBranches: { path: string; id: string; machine: Machine; branch: string }[] = [];
  readonly #broken = new Set<string>();
  readonly #trace: string[] = [];
  readonly #loaded: LoadedProgram[] = [];
  #names = 0;

  constructor(plan: Plan, program: vm.Script) {
    this.#plan = plan;
    this.#program = program;
    this.#chance = new Chance(plan.seed);
    this.#scheduler = new Scheduler(this.#chance);
    // Each seed has a temper of its own: some runs are calm, in others everything fails.
    const mood = () => this.#chance.pick([0, 0, 1, 1, 3]);
    this.#dangers = { kill: 0.0006 * mood(), letOthers: 0.02 * mood(), diskError: 0.0002 * mood() };
    this.#weather = {
      lost: 0.03 * mood(),
      answerLost: 0.03 * mood(),
      isDown: false,
      killed: 0.05 * mood(),
      gitDies: 0.5,
    };
  }

  run(): Outcome {
    this.#begin();
    this.#host.onMoved = (ref, before, after) => this.#moved(ref, before, after);
    let left = this.#plan.commands;
    const next = () => {
      if (left-- <= 0) return;
      this.#giveOne();
      this.#scheduler.after(this.#chance.between(0, this.#chance.pick([20, 300, 2_000])), next);
    };
    this.#scheduler.after(0, next);
    this.#trouble();
    this.#scheduler.run(
      () => left <= 0 && [...this.#given.keys()].every((it) => it.isDead || it.ended !== undefined),
    );
    this.#calmDown();
    this.#agree();
    return this.#outcome();
  }

  #begin(): void {
    const files = new Map(
      [...TEMPLATE].map(([path, bytes]) => [
        path.replace(/^gitattributes$/, '.gitattributes'),
        this.#host.put('blob', bytes),
      ]),
    );
    const signature = 'Ada <ada@example.com> 1796000000 +0000';
    this.#host.move(MAIN, this.#host.putCommit(files, { parents: [], signature, message: 'Begin\n' }));
    for (let number = 0; number < this.#plan.machines; number++)
      this.#machines.push(this.#newMachine(number));
  }

  #newMachine(number: number): Machine {
    const disk = new Disk(() => this.#scheduler.time);
    const machine: Machine = {
      name: `m${number}`,
      disk,
      boot: `boot-${number}`,
      skew: this.#chance.is(0.2) ? this.#chance.between(-3_600_000, 3_600_000) : 0,
      isFull: false,
      alive: new Map(),
      nextPid: 100,
    };
    const files = disk.seenBy(() => undefined);
    const put = (path: string, text: string | Buffer) => {
      files.mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
      files.writeFileSync(path, text);
    };
    for (const folder of ['/home', '/tmp', `${REGISTRY}/objects/pack`, `${REGISTRY}/refs/heads`])
      files.mkdirSync(folder, { recursive: true });
    put('/package.json', '{"name": "vports"}');
    for (const [path, bytes] of TEMPLATE) put(`/registry-repo/${path}`, bytes);
    put(`${REGISTRY}/HEAD`, 'ref: refs/heads/main\n');
    put(
      `${REGISTRY}/config`,
      '[core]\n\trepositoryformatversion = 0\n\tbare = true\n[remote "origin"]\n\turl = "https://host.example/ports.git"\n',
    );
    for (const [oid, bytes] of this.#host.objects)
      put(`${REGISTRY}/objects/${oid.slice(0, 2)}/${oid.slice(2)}`, bytes);
    put(`${REGISTRY}/${MAIN}`, `${this.#host.refs.get(MAIN)}\n`);
    return machine;
  }

  /** What goes wrong meanwhile, and what others do at the host. */
  #trouble(): void {
    const chance = this.#chance;
    const again = (most: number, work: () => void) => {
      const loop = () => {
        if (this.#isCalm) return;
        work();
        this.#scheduler.after(chance.between(0, most), loop);
      };
      this.#scheduler.after(chance.between(0, most), loop);
    };
    if (chance.is(0.4))
      again(20_000, () => {
        chance.pick(this.#machines).skew += chance.between(-600_000, 600_000);
      });
    if (chance.is(0.3))
      again(20_000, () => {
        const machine = chance.pick(this.#machines);
        machine.isFull = true;
        this.#scheduler.after(chance.between(0, 2_000), () => {
          machine.isFull = false;
        });
      });
    if (chance.is(0.3)) again(30_000, () => this.#reboot(chance.pick(this.#machines)));
    if (chance.is(0.3))
      again(5_000, () => {
        this.#weather.isDown = true;
        this.#scheduler.after(chance.between(0, 1_000), () => {
          this.#weather.isDown = false;
        });
      });
    if (chance.is(0.5))
      again(3_000, () => {
        const open = [...this.#host.refs.keys()].filter((ref) => ref !== MAIN);
        if (open.length === 0) return;
        const seconds = 1_796_000_000 + Math.floor(this.#scheduler.time / 1_000);
        const what = press(this.#host, chance.pick(BUTTONS), chance.pick(open), chance, seconds);
        if (what) this.#note(`host: ${what}`);
      });
    if (chance.is(0.2))
      again(10_000, () => {
        const ref = chance.pick([MAIN, 'refs/heads/ports/b1']);
        this.#host.locks.add(ref);
        this.#scheduler.after(chance.between(0, 4_000), () => void this.#host.locks.delete(ref));
      });
  }

  #isCalm = false;

  #reboot(machine: Machine): void {
    for (const { process } of this.#given.values())
      if (process.machine === machine && process.ended === undefined) process.die();
    machine.boot = `boot-${machine.name}-${this.#scheduler.time}`;
    this.#note(`${machine.name} starts anew`);
  }

  #giveOne(): void {
    const chance = this.#chance;
    const machine = chance.pick(this.#machines);
    const resource = chance.is(0.6) ? `new-${this.#names++}` : `old-${chance.below(8)}`;
    const branch = chance.is(0.2) ? `ports/b${chance.below(3)}` : undefined;
    const where = branch === undefined ? {} : { branch };
    const port = 30_000 + chance.below(12);
    const order = chance.pick<Order>([
      { verb: 'allocate', resource, ...where },
      { verb: 'allocate', resource, ...where },
      { verb: 'allocate', resource, ...where },
      { verb: 'allocate', resource, preferred: port, ...where },
      { verb: 'allocate', resource: `lease-${this.#names++}`, ttl: 3_600_000 },
      { verb: 'register', resource, port, ...where },
      { verb: 'release', resource: `old-${chance.below(8)}`, ...where },
      { verb: 'reassign', resource: `old-${chance.below(8)}`, ...where },
      { verb: 'describe', resource: `old-${chance.below(8)}`, owner: `team-${this.#names++}`, ...where },
      { verb: 'sync' },
      { verb: 'list' },
    ]);
    this.#start(machine, order, this.#dangers);
  }

  #start(machine: Machine, order: Order, dangers: Dangers): SimulatedProcess {
    const loaded = this.#loaded.pop() ?? loadProgram(this.#program, this.#scheduler);
    const world = { scheduler: this.#scheduler, chance: this.#chance, dangers: { ...dangers } };
    const process = new SimulatedProcess(machine, world, loaded);
    const given: Given = { process, order, pushes: 0 };
    this.#given.set(process, given);
    const network = networkOf(process, {
      host: this.#host,
      scheduler: this.#scheduler,
      chance: this.#chance,
      weather: this.#weather,
      pushes: () => {
        if (++given.pushes <= MOST_PUSHES) return;
        this.#break(`${given.pushes} pushes of one command`);
        process.die();
      },
    });
    process.onEnded = (told) => {
      this.#ended(given, told);
      // Not at once: it is in the middle of its last step.
      this.#scheduler.after(0, () => void this.#loaded.push(loaded));
    };
    this.#scheduler.after(LONGEST, () => {
      if (process.isDead || process.ended !== undefined) return;
      this.#break(`${LONGEST / 1_000} s for one command: ${JSON.stringify(order)}`);
      process.die();
    });
    process.start(REGISTRY, order, network);
    return process;
  }

  #ended({ process, order }: Given, told: Told): void {
    this.#note(`${process.machine.name} ${process.pid} ${JSON.stringify(order)}: ${briefly(told)}`);
    if (told.is === 'broken') this.#break(`exit 70 of ${JSON.stringify(order)}: ${told.message}`);
    if (told.is !== 'done') return;
    for (const { path, id } of told.events) {
      if ('branch' in order && order.branch !== undefined) {
        this.#onBranches.push({ path, id, machine: process.machine, branch: order.branch });
        continue;
      }
      if (told.published !== 'pushed') {
        this.#break(`${path} was told to be on record, and was published nowhere`);
        continue;
      }
      const oid = this.#host.filesOf(this.#host.refs.get(MAIN)!).get(path);
      const by = `${process.machine.name} ${process.pid}`;
      if (oid === undefined || !this.#host.text(oid).includes(id))
        this.#break(`${by} was told that ${path} is on record, and it is not`);
      else this.#acknowledged.set(path, { oid, by });
    }
  }

  /** Whatever the branch becomes, all that was acknowledged is on it, and every stream is sound. */
  #moved(ref: string, before: string | undefined, after: string | undefined): void {
    if (ref !== MAIN || after === undefined) return;
    const files = this.#host.filesOf(after);
    for (const [path, { oid, by }] of this.#acknowledged)
      if (files.get(path) !== oid)
        this.#break(`${path}, which ${by} was told to be on record, was dropped from the branch`);
    if (before !== undefined && !this.#host.isAncestor(before, after))
      this.#break('the branch was rewritten');
    const was = before === undefined ? new Map<string, string>() : this.#host.filesOf(before);
    const changed = new Set(
      [...files]
        .filter(([path, oid]) => isEventPath(path) && was.get(path) !== oid)
        .map(([path]) => path.slice(0, path.lastIndexOf('/'))),
    );
    for (const folder of changed) this.#requireSound(files, folder);
  }

  #requireSound(files: ReadonlyMap<string, string>, folder: string): void {
    const { ref } = streamOfFolder(folder)!;
    try {
      const events: PortEvent[] = [];
      for (let version = 1; ; version++) {
        const oid = files.get(`${folder}/${String(version).padStart(4, '0')}.json`);
        if (oid === undefined) break;
        events.push(decodeEvent(this.#host.text(oid)));
      }
      foldStream(ref, events);
    } catch (error) {
      this.#break(`the stream ${folder} is broken: ${(error as Error).message}`);
    }
  }

  /** Nothing goes wrong any more, and whoever is on the way gets there. */
  #calmDown(): void {
    this.#isCalm = true;
    Object.assign(this.#dangers, { kill: 0, letOthers: 0, diskError: 0 });
    Object.assign(this.#weather, { lost: 0, answerLost: 0, isDown: false, killed: 0, gitDies: 0 });
    for (const machine of this.#machines) machine.isFull = false;
    this.#host.locks.clear();
    this.#scheduler.run();
  }

  /** Once everybody has looked, all agree, and the next command goes on without anybody having removed a file. */
  #agree(): void {
    const warned = new Set<Machine>();
    for (const round of [1, 2])
      for (const machine of this.#machines) {
        const { told } = this.#settled(machine, { verb: 'sync' });
        if (told?.is !== 'done')
          this.#break(`${machine.name} cannot sync in round ${round}: ${told && briefly(told)}`);
        else if (told.warnings.length > 0) warned.add(machine);
      }
    for (const machine of this.#machines) {
      const { told } = this.#settled(machine, { verb: 'allocate', resource: `last-${machine.name}` });
      if (told?.is !== 'done') this.#break(`${machine.name} cannot go on: ${told && briefly(told)}`);
    }
    for (const machine of this.#machines) this.#settled(machine, { verb: 'sync' });
    const head = this.#host.refs.get(MAIN)!;
    const views = this.#machines.map((machine) => {
      const files = machine.disk.seenBy(() => undefined);
      const here = refIn(files, MAIN);
      if (here !== head) this.#break(`${machine.name} is at ${here}, and the remote at ${head}`);
      if (refIn(files, 'refs/vports/queue') !== undefined)
        this.#break(`something is left in the queue of ${machine.name}`);
      const { told } = this.#settled(machine, { verb: 'list' });
      return JSON.stringify(told?.is === 'done' ? told.held : told);
    });
    if (new Set(views).size > 1) this.#break('two machines do not say the same of who holds what');
    this.#checkRefused();
    this.#checkBranches(warned);
  }

  /** A name that only one command was about, which was told that it failed. */
  #checkRefused(): void {
    const files = this.#host.filesOf(this.#host.refs.get(MAIN)!);
    const granted = new Set(
      [...files]
        .filter(([path]) => isEventPath(path))
        .map(([, oid]) => JSON.parse(this.#host.text(oid)).resource as string),
    );
    for (const { process, order } of this.#given.values()) {
      if (!('resource' in order) || !order.resource.startsWith('new-') || ('branch' in order && order.branch))
        continue;
      if (process.told?.is === 'refused' && !process.told.mayHaveArrived && granted.has(order.resource))
        this.#break(
          `${order.resource} is on record, and its command was told ${process.told.code}: ${process.told.message}`,
        );
    }
  }

  /** Events on other branches are there, on the shared one, or kept where sync has said that they were closed. */
  #checkBranches(warned: Set<Machine>): void {
    const atHost = new Set<string>();
    for (const head of this.#host.refs.values())
      for (const [path, oid] of this.#host.filesOf(head))
        if (isEventPath(path)) atHost.add(`${path} ${JSON.parse(this.#host.text(oid)).id}`);
    for (const { path, id, machine, branch } of this.#onBranches) {
      if (atHost.has(`${path} ${id}`)) continue;
      const isClosed =
        this.#trace.some((line) => line === `host: ${branch} closed`) ||
        warned.has(machine) ||
        this.#wasWarned(machine);
      if (!isClosed) this.#break(`${path} of ${machine.name} on ${branch} is nowhere, and nobody was told`);
    }
  }

  #wasWarned(machine: Machine): boolean {
    return [...this.#given.values()].some(
      ({ process: { machine: of, told } }) =>
        of === machine &&
        told?.is === 'done' &&
        told.warnings.some((it) => ['BRANCH_CLOSED', 'CONFLICT', 'BRANCH_DELETED'].includes(it)),
    );
  }

  #settled(machine: Machine, order: Order): SimulatedProcess {
    const process = this.#start(machine, order, this.#dangers);
    this.#scheduler.run();
    return process;
  }

  #note(line: string): void {
    this.#trace.push(`${this.#scheduler.time.toFixed(2)} ${line}`.replace(/^.*? host:/, 'host:'));
  }

  #break(what: string): void {
    if (this.#broken.size < 20) this.#broken.add(what);
    this.#note(`BROKEN ${what}`);
  }

  #outcome(): Outcome {
    const all = [...this.#given.values()];
    const refusals = new Map<string, number>();
    for (const { process } of all)
      if (process.told?.is === 'refused')
        refusals.set(process.told.code, (refusals.get(process.told.code) ?? 0) + 1);
    return {
      seed: this.#plan.seed,
      commands: all.length,
      steps: this.#scheduler.steps,
      time: this.#scheduler.time,
      killed: all.filter(({ process }) => process.isDead).length,
      refusals,
      mostPushes: Math.max(...all.map(({ pushes }) => pushes)),
      longest: Math.max(...all.map(({ process }) => (process.ended ?? process.begun) - process.begun)),
      broken: [...this.#broken],
      trace: this.#trace,
    };
  }
}

function briefly(told: Told): string {
  if (told.is === 'done')
    return `done ${told.published} ${told.ports.join(' ')} ${told.warnings.join(' ')}`.trim();
  return told.is === 'refused'
    ? `${told.code} ${told.message}${told.mayHaveArrived ? ' (may have arrived)' : ''}`
    : told.message;
}

function refIn(files: Files, ref: string): string | undefined {
  const path = `${REGISTRY}/${ref}`;
  return files.existsSync(path) ? files.readFileSync(path, 'utf8').trim() : undefined;
}
