import type { PortEvent } from '../../events/event.js';
import { areInstancesOfOne, labelOf } from '../../events/names.js';
import { formatPort, type PortKey, portKey } from '../../events/port.js';
import { emptyStream, evolve, evolveUnsound } from '../../events/reducer.js';
import { BrokenStream, type Holding, type Stream } from '../../events/stream.js';
import type { ErrorCode, ProblemCode } from '../codes.js';
import { variableKeyOf, variableOf } from './rules.js';

export interface Step<Event extends PortEvent> {
  event: Event;
  before: Holding | null;
  after: Holding | null;
}

export interface Broken {
  event: string;
  code: ProblemCode | ErrorCode;
  message: string;
}

/** Folds a log event by event, in order of time, and checks the rules after each event. */
export class Replay<Event extends PortEvent> {
  readonly #streams = new Map<PortKey, Stream>();
  /** Live claims by name and by variable; leases may share both. */
  readonly #claims = new Map<string, Holding[]>();
  readonly #batches = new Map<string, PortEvent>();
  /**
   * Broken rules by what breaks them, the first one first. A release repairs a stream with an unsound event, and a variable that two
   * claims share: two branches may have used it one after the other.
   */
  readonly #broken = new Map<string, Broken>();

  get broken(): Broken | undefined {
    return [...this.#broken.values()][0];
  }

  get holdings(): Holding[] {
    return [...this.#streams.values()].flatMap(({ holding, unsound }) => (unsound ? [] : (holding ?? [])));
  }

  add(event: Event): Step<Event> {
    const key = portKey(event);
    const stream = this.#streams.get(key) ?? emptyStream(event);
    try {
      const next = evolve(stream, event);
      this.#streams.set(key, next);
      this.#broken.delete(key);
      this.#settle(event, stream.holding, next.holding);
      if (stream.at > event.at) this.#say(event, 'TIME_BACKWARDS', `${event.at} comes after ${stream.at}`);
      this.#lookAtBatch(event);
      return { event, before: stream.holding, after: next.holding };
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      const { problem: code, message } = error;
      this.#say(event, code, message, key);
      this.#settle(event, stream.holding, null);
      if (code === 'BAD_EVENT' || code === 'PREV_MISMATCH')
        this.#streams.set(key, evolveUnsound(stream, event, error));
      return { event, before: stream.unsound ? null : stream.holding, after: null };
    }
  }

  #settle(event: PortEvent, before: Holding | null, after: Holding | null): void {
    if (before?.event === after?.event) return;
    if (before && !before.lease) for (const key of keysOf(before)) this.#leave(key, before);
    if (!after || after.lease) return;
    for (const key of keysOf(after)) {
      const rival = this.#rivalOf(key, after);
      if (rival) this.#say(event, rival.code, rival.message, key);
      this.#claims.set(key, [...(this.#claims.get(key) ?? []), after]);
    }
  }

  #leave(key: string, { event }: Holding): void {
    const left = this.#claims.get(key)?.filter((it) => it.event !== event) ?? [];
    this.#claims.set(key, left);
    if (!left.some((it) => this.#rivalOf(key, it))) this.#broken.delete(key);
  }

  #rivalOf(key: string, claim: Holding): { code: ProblemCode; message: string } | undefined {
    const other = this.#claims
      .get(key)
      ?.find((it) => it.event !== claim.event && !areInstancesOfOne(it.resource, claim.resource));
    if (!other) return undefined;
    return other.resource === claim.resource && other.name === claim.name
      ? { code: 'DOUBLE_NAME', message: `${labelOf(claim)} already has ${formatPort(other)}` }
      : {
          code: 'DOUBLE_VARIABLE',
          message: `${labelOf(claim)} and ${labelOf(other)} share the variable ${variableOf(claim)}`,
        };
  }

  /** The first event of a command must come before the others. */
  #lookAtBatch(event: PortEvent): void {
    if (!event.batch) return;
    if (event.batch === event.id) this.#batches.set(event.id, event);
    else if (!this.#batches.has(event.batch))
      this.#say(
        event,
        'BATCH_INCOMPLETE',
        `the first event of its batch, ${event.batch}, has not happened yet`,
      );
  }

  #say(event: PortEvent, code: ProblemCode, message: string, what = event.id): void {
    if (!this.#broken.has(what)) this.#broken.set(what, { event: event.id, code, message });
  }
}

function keysOf(claim: Holding): string[] {
  return [`${claim.resource} ${claim.name}`, variableKeyOf(claim)];
}
