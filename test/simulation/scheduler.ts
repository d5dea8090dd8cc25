import type { Chance } from './chance.js';

/** Something that happens at a time, of a process or of nobody. */
interface Task {
  at: number;
  of: object | undefined;
  run: () => void;
  isCancelled: boolean;
}

/** How deep processes may be let in one by the other, in the middle of a call. */
const DEEPEST = 4;

/**
 * One thing after the other, in an order that chance decides among all that are due. Where nothing is due the clock goes on to what
 * comes next: nobody waits for anything.
 */
export class Scheduler {
  /** Milliseconds since the simulation began. */
  time = 0;
  steps = 0;
  readonly #chance: Chance;
  readonly #tasks: Task[] = [];
  /** Processes in the middle of a call, the innermost last. */
  readonly #inside: object[] = [];

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  after(milliseconds: number, run: () => void, of?: object): () => void {
    const task: Task = { at: this.time + Math.max(0, milliseconds), of, run, isCancelled: false };
    this.#tasks.push(task);
    return () => {
      task.isCancelled = true;
    };
  }

  /** Runs until nothing is left to do, or `until` says so. */
  run(until: () => boolean = () => false): void {
    while (!until()) {
      const task = this.#take(() => true) ?? this.#advance();
      if (!task) return;
      this.#perform(task);
    }
  }

  /** In the middle of a call of one process: lets some of what is due of others happen first. */
  letOthers(process: object): void {
    if (this.#inside.length >= DEEPEST) return;
    for (let left = 1 + this.#chance.below(3); left > 0; left--) {
      const task = this.#take((of) => of !== process && (of === undefined || !this.#inside.includes(of)));
      if (!task) return;
      this.#perform(task);
    }
  }

  #perform(task: Task): void {
    this.steps++;
    if (task.of) this.#inside.push(task.of);
    try {
      task.run();
    } finally {
      if (task.of) this.#inside.pop();
    }
  }

  #take(fits: (of: object | undefined) => boolean): Task | undefined {
    const due = this.#tasks.filter((it) => !it.isCancelled && it.at <= this.time && fits(it.of));
    if (due.length === 0) return undefined;
    const task = this.#chance.pick(due);
    this.#tasks.splice(this.#tasks.indexOf(task), 1);
    return task;
  }

  #advance(): Task | undefined {
    for (let index = this.#tasks.length - 1; index >= 0; index--)
      if (this.#tasks[index]!.isCancelled) this.#tasks.splice(index, 1);
    if (this.#tasks.length === 0) return undefined;
    this.time = Math.max(this.time, Math.min(...this.#tasks.map(({ at }) => at)));
    return this.#take(() => true);
  }
}
