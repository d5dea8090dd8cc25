import { inOrder } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { blockOf, blockPath, eventPath } from '../../../events/event-path.js';
import { Holdings } from '../../../events/holdings.js';
import { inTimeOrder } from '../../../events/order.js';
import { type PortKey, type PortRef, portKey } from '../../../events/port.js';
import { emptyStream, evolve } from '../../../events/reducer.js';
import type { Stream } from '../../../events/stream.js';
import { VportsError } from '../../../src/errors.js';
import { clockWarnings } from '../../../src/log/append/clock.js';
import { eventIds } from '../../../src/log/append/event-ids.js';
import { stamp } from '../../../src/log/append/stamp.js';
import type {
  Appended,
  Batch,
  EventReader,
  EventRef,
  EventWriter,
  History,
  LocatedEvent,
  LogState,
  OpenClaim,
  Origin,
} from '../../../src/log/event-log.js';
import type { Policy } from '../../../src/policy/policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import { POLICY_PATH } from '../../../src/policy/policy-path.js';

/** The simplest log that keeps the contract. */
export class MemoryLog implements EventReader, EventWriter {
  #policy: Policy | undefined;
  #policySource: string;
  readonly #streams = new Map<PortKey, Stream>();
  readonly #events: { event: LocatedEvent; commit: string }[] = [];
  #commits = 1;
  readonly #newId = eventIds();
  #queue: Promise<unknown> = Promise.resolve();

  /** The policy is parsed on first use, which may throw BAD_POLICY. */
  constructor(policySource: string) {
    this.#policySource = policySource;
  }

  async state(): Promise<LogState> {
    return this.#stateOf(this.#events, this.#name(this.#commits));
  }

  async blocks(): Promise<ReadonlyMap<string, string>> {
    const newest = new Map<string, string>();
    for (const { event } of this.#events) newest.set(blockPath(blockOf(event)), event.id);
    return newest;
  }

  async stateAt(revision: string): Promise<LogState> {
    return this.#stateOf(this.#upTo(revision), revision);
  }

  async judge(): Promise<boolean> {
    return false;
  }

  judgeAtFirst = this.judge;
  judgeStreams = this.judge;

  async policySource(): Promise<string> {
    return this.#policySource;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work, work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async append(batch: Batch): Promise<Appended> {
    const events = await this.preview(batch);
    // All or nothing: an event that cannot follow must be found before the first one counts.
    const grown = new Map<PortKey, Stream>();
    for (const { path: _, ...event } of events) {
      const key = portKey(event);
      const before = grown.get(key) ?? this.#streams.get(key) ?? emptyStream(event);
      grown.set(key, evolve(before, event as PortEvent));
    }
    for (const [key, stream] of grown) this.#streams.set(key, stream);
    this.#commits++;
    const policy = batch.files?.find(({ path }) => path === POLICY_PATH)?.content;
    if (typeof policy === 'string') {
      this.#policy = parsePolicy(policy);
      this.#policySource = policy;
    }
    const oid = this.#name(this.#commits);
    this.#events.push(...events.map((event) => ({ event, commit: oid })));
    return {
      ref: 'memory',
      oid,
      events: events.map(({ path: _, ...event }) => event as PortEvent),
      paths: events.map((it) => it.path),
      warnings: clockWarnings(events, { now: batch.at, last: undefined }),
    };
  }

  async preview({ events, by, at }: Batch): Promise<LocatedEvent[]> {
    const ends = new Map(
      events.map((event) => [portKey(event), this.#streams.get(portKey(event)) ?? emptyStream(event)]),
    );
    const stamped = stamp(events, ends, { by, at, newId: this.#newId });
    return stamped.map((event) => ({ ...inOrder(event), path: eventPath(event, event.version) }));
  }

  async events(refs?: PortRef[], revision?: string): Promise<LocatedEvent[]> {
    const wanted = refs && new Set(refs.map(portKey));
    const seen = revision === undefined ? this.#events : this.#upTo(revision);
    return seen.map(({ event }) => event).filter((event) => !wanted || wanted.has(portKey(event)));
  }

  async history(): Promise<History> {
    const commits = new Map(this.#events.map(({ event, commit }) => [event.id, commit]));
    const events = this.#events.map(({ event: { path: _, ...event } }) => event as PortEvent);
    const entries = inTimeOrder(events).map((event) => ({
      event,
      origin: { commit: commits.get(event.id)! },
    }));
    return {
      async *newestFirst() {
        yield* [...entries].reverse();
      },
      async *oldestFirst() {
        yield* entries;
      },
      heldAt: async (time) => {
        const until = this.#events.filter(({ event }) => Date.parse(event.at) <= time);
        return [...this.#fold(until)];
      },
    };
  }

  async originsOf(events: EventRef[]): Promise<Map<string, Origin>> {
    const wanted = new Set(events.map(({ id }) => id));
    return new Map(
      this.#events.flatMap(({ event, commit }) =>
        wanted.has(event.id) ? [[event.id, { commit }] as const] : [],
      ),
    );
  }

  async addedBy(commit: string): Promise<LocatedEvent[]> {
    return this.#events.filter((it) => it.commit === commit).map(({ event }) => event);
  }

  async commit(): Promise<{ message: string; time: number }> {
    return { message: '', time: 0 };
  }

  async messages(commits: Iterable<string>): Promise<Map<string, string>> {
    return new Map([...commits].map((oid) => [oid, '']));
  }

  async claims(): Promise<ReadonlyMap<PortKey, OpenClaim>> {
    return new Map();
  }

  forgetClaims(): void {}

  async close(): Promise<void> {}

  #upTo(revision: string): { event: LocatedEvent; commit: string }[] {
    if (/^[0-9a-f]{40}$/.test(revision) && Number(revision) >= 1 && Number(revision) <= this.#commits) {
      return this.#events.filter(({ commit }) => commit <= revision);
    }
    const text = JSON.stringify(revision.slice(0, 80));
    throw new VportsError('BAD_REVISION', `${text} is not a commit of the registry`);
  }

  #stateOf(events: { event: LocatedEvent }[], head: string): LogState {
    const policy = () => {
      this.#policy ??= parsePolicy(this.#policySource);
      return this.#policy;
    };
    return {
      head,
      holdings: this.#fold(events),
      damaged: new Map(),
      get policy() {
        return policy();
      },
    };
  }

  #fold(events: { event: LocatedEvent }[]): Holdings {
    const streams = new Map<PortKey, Stream>();
    for (const { event: located } of events) {
      const { path: _, ...event } = located;
      const key = portKey(event);
      streams.set(key, evolve(streams.get(key) ?? emptyStream(event), event as PortEvent));
    }
    return new Holdings([...streams.values()].flatMap(({ holding }) => holding ?? []));
  }

  #name(commit: number): string {
    return String(commit).padStart(40, '0');
  }
}
