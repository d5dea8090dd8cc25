/** A registry that random commands of several people have made, on branches, under a clock that jumps. A seed replays it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { VportsError } from '../../src/errors.js';
import { Registry } from '../../src/registry/registry.js';
import { eventsAt, type FileEvent, type Held, heldAfter } from './read-format.js';

export type Chance = ReturnType<typeof chanceOf>;

/** Numbers that a seed gives (mulberry32). */
export function chanceOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  const one = <T>(...all: T[]): T => all[below(all.length)]!;
  return { below, one, often: (share: number) => next() < share };
}

const MINUTE = 60_000;
const RESOURCES = ['web', 'api', 'db', 'cache', 'mail', 'search'];
const NAMES = ['main', 'ui', 'admin'];
const PEOPLE = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing'];
const BRANCHES = ['topic-1', 'topic-2'];
const PROJECTS = ['alpha', 'beta'];
/** Few, so that a port has many holders. */
const PORTS = Array.from({ length: 14 }, (_, it) => 30000 + it);

export class RandomHistory {
  readonly path: string;
  readonly host: string;
  readonly #chance: Chance;
  readonly #folder: string;
  #now = Date.parse('2026-03-01T09:00:00.000Z');
  /** What was done, for whoever has to look at a difference. */
  readonly told: string[] = [];

  constructor(chance: Chance, folder: string, registry: string) {
    this.#chance = chance;
    this.#folder = mkdtempSync(join(folder, 'model-'));
    this.path = registry;
    this.host = join(this.#folder, 'host.git');
    for (const name of PROJECTS) {
      execFileSync('git', ['init', '-q', join(this.#folder, name)]);
      const url = `https://example.com/team/${name}.git`;
      execFileSync('git', ['-C', join(this.#folder, name), 'remote', 'add', 'origin', url]);
    }
  }

  get now(): number {
    return this.#now;
  }

  /** From a folder of a project, or of none. */
  open({ branch, project = '' }: { branch?: string | undefined; project?: string } = {}): Registry {
    return Registry.open({ path: this.path, cwd: join(this.#folder, project), branch });
  }

  git(...args: string[]): string {
    const date = `${Math.floor(this.#now / 1_000)} +0000`;
    const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    return execFileSync('git', ['-C', this.path, ...args], { encoding: 'utf8', env, stdio: 'pipe' }).trim();
  }

  get branches(): string[] {
    return this.git('for-each-ref', '--format=%(refname:short)', 'refs/heads')
      .split('\n')
      .filter((it) => it !== 'main');
  }

  /** The commits of the shared branch by first parent, the newest first. */
  get commits(): string[] {
    return this.git('log', '--first-parent', '--format=%H', 'main').split('\n');
  }

  commitOf(revision: string): string {
    return /^[0-9a-f]{40}$/.test(revision) ? revision : this.git('rev-parse', revision);
  }

  heldOn(branch: string): Held[] {
    return heldAfter(eventsAt(this.path, this.commitOf(branch)));
  }

  get leased(): Held[] {
    return heldAfter(this.leaseEvents);
  }

  get leaseEvents(): FileEvent[] {
    try {
      return eventsAt(
        this.host,
        execFileSync('git', ['-C', this.host, 'rev-parse', 'main'], {
          encoding: 'utf8',
          stdio: 'pipe',
        }).trim(),
      );
    } catch {
      return [];
    }
  }

  /** The clock goes on, stands still, or is set back or ahead; then somebody does something. */
  async step(): Promise<void> {
    const { below, one, often } = this.#chance;
    this.#now += one(0, 0, 1, below(1_000), below(10 * MINUTE), below(300 * MINUTE), below(3_000 * MINUTE));
    if (often(0.06)) this.#now += one(-1, 1) * one(below(MINUTE), below(600 * MINUTE));
    // Now and then a clock is ahead for one command: what follows it takes its time.
    vi.setSystemTime(this.#now + (often(0.1) ? one(1, 20, 600) * MINUTE : 0));
    process.env.GIT_AUTHOR_NAME = one(...PEOPLE);
    const branch = often(0.2) ? one(...BRANCHES) : undefined;
    if (often(0.08)) return this.#press(one('merge', 'squash', 'rebase', 'fast-forward'));
    const project = one('', ...PROJECTS);
    const registry = this.open({ branch, project });
    try {
      await this.#command(registry, { branch, project });
    } catch (error) {
      // A refusal is an answer; nothing else may be thrown.
      if (!(error instanceof VportsError) || error.exitCode === 70) throw error;
      this.told.push(`  ${error.code}`);
    } finally {
      await registry.close();
      vi.setSystemTime(this.#now);
    }
  }

  async #command(
    registry: Registry,
    { branch, project }: { branch: string | undefined; project: string },
  ): Promise<void> {
    const { below, one, often } = this.#chance;
    const [resource, name] = [one(...RESOURCES), one(...NAMES)];
    const port = `${one(...PORTS)}${often(0.2) ? '/udp' : ''}`;
    const reason = often(0.4) ? one('a new front', 'moved, by hand', 'déjà vu') : undefined;
    const owner = often(0.4) ? one('team-a', 'team-b') : undefined;
    const kinds: [number, string, () => Promise<unknown>][] = [
      [
        4,
        `allocate ${resource} ${name}=${port}`,
        () => registry.allocate(resource, { ports: [`${name}=${port}`], owner, reason }),
      ],
      [
        2,
        `allocate ${resource} ${name}`,
        () => registry.allocate(resource, { ports: [name], range: '30000-30013', reason }),
      ],
      [
        2,
        `register ${resource} ${name}=${port}`,
        () => registry.register(resource, [`${name}=${port}`], { owner, reason }),
      ],
      [
        3,
        `release ${resource}`,
        () => registry.release(resource, { ports: often(0.5) ? [name] : [], reason }),
      ],
      [
        3,
        `reassign ${resource} ${name}`,
        () =>
          registry.reassign(resource, {
            port: often(0.7) ? name : undefined,
            to: often(0.6) ? port : undefined,
            range: often(0.5) ? undefined : '30000-30013',
            reason,
          }),
      ],
      [
        2,
        `describe ${resource}`,
        () => registry.describe(resource, { port: name, owner: one('team-a', 'team-c'), reason }),
      ],
      [2, 'undo', async () => registry.undo(this.#anyCommit(), { reason })],
      [
        1,
        'policy',
        () =>
          registry.changePolicy(
            (source) => reserving(source, `${30014 + below(20)}`),
            'Reserve another port',
          ),
      ],
    ];
    if (branch === undefined)
      kinds.push(
        [
          3,
          `lease ${resource}`,
          () => registry.allocate(resource, { ports: [name], ttl: one(5, 60, 600) * MINUTE }),
        ],
        [1, `renew ${resource}`, () => registry.renew(resource, { ttl: one(10, 100) * MINUTE })],
        [1, 'cleanup', () => registry.cleanup({ fix: true })],
      );
    else kinds.push([2, `resolve on ${branch}`, () => registry.resolve()]);
    const bag = kinds.flatMap(([weight, ...rest]) => Array.from({ length: weight }, () => rest));
    const [what, run] = one(...bag);
    const where = `${branch ? ` on ${branch}` : ''}${project ? ` in ${project}` : ''}`;
    this.told.push(`${new Date(this.#now).toISOString()} ${what}${where}`);
    await run();
  }

  /** The newest one, or one of those before it, on whatever branch. */
  #anyCommit(): string {
    if (this.#chance.often(0.5)) return 'HEAD';
    const all = this.git('log', '--all', '--format=%H', '-12').split('\n');
    return this.#chance.one(...all);
  }

  /** A button of a host, for a branch that would bring nothing that contradicts what main has. */
  #press(button: 'merge' | 'squash' | 'rebase' | 'fast-forward'): void {
    const [branch] = this.branches;
    if (branch === undefined) return;
    const isBehind = this.git('merge-base', 'main', branch) !== this.git('rev-parse', 'main');
    if (button === 'fast-forward' && isBehind) return;
    const before = this.git('rev-parse', 'main');
    this.told.push(`${new Date(this.#now).toISOString()} ${button} ${branch}`);
    try {
      if (button === 'fast-forward') this.git('update-ref', 'refs/heads/main', branch);
      else if (button === 'rebase') this.#rebase(branch);
      else {
        const tree = this.git('merge-tree', '--write-tree', 'main', branch);
        const parents = button === 'merge' ? ['-p', 'main', '-p', branch] : ['-p', 'main'];
        const subject = button === 'merge' ? `Merge branch '${branch}'` : `Squashed ${branch}`;
        this.git('update-ref', 'refs/heads/main', this.git('commit-tree', tree, ...parents, '-m', subject));
      }
    } catch {
      // The host shows a conflict, and the button is grey.
      this.told.push('  conflict');
      return;
    }
    if (this.#isSound('main')) {
      if (this.#chance.often(0.6)) this.git('update-ref', '-d', `refs/heads/${branch}`);
    } else {
      // Here the gate would have refused.
      this.git('update-ref', 'refs/heads/main', before);
      this.told.push('  refused');
    }
  }

  #rebase(branch: string): void {
    const place = join(this.#folder, 'rebase');
    this.git('worktree', 'add', '-q', '--detach', place, 'main');
    try {
      this.git('-C', place, 'cherry-pick', '--allow-empty', `main..${branch}`);
      this.git('update-ref', 'refs/heads/main', this.git('-C', place, 'rev-parse', 'HEAD'));
    } finally {
      this.git('worktree', 'remove', '--force', place);
    }
  }

  /** No stream with a gap, no name with two ports, no project with two of one name. */
  #isSound(branch: string): boolean {
    try {
      const held = this.heldOn(branch);
      const names = held.map(({ resource, name }) => `${resource} ${name}`);
      const variables = held.map(({ project, local, name }) => `${project} ${local} ${name}`);
      return [names, variables].every((it) => new Set(it).size === it.length);
    } catch {
      return false;
    }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function reserving(source: string, port: string): string {
  return `${JSON.stringify({ ...JSON.parse(source), reserved: ['1-9999', port] }, null, 2)}\n`;
}
