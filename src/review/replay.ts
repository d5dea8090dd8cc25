import type { PortEvent } from '../../events/event.js';
import { areInstancesOfOne, environmentName, labelOf } from '../../events/names.js';
import { formatPort, type PortKey, portKey } from '../../events/port.js';
import { emptyStream, evolve, evolveUnsound } from '../../events/reducer.js';
import { BrokenStream, type Holding, type Stream } from '../../events/stream.js';
import type { ErrorCode, ProblemCode } from '../codes.js';

/** What one event changed: who had the port before it, and who has it after. */
export interface Step<Event extends PortEvent> {
  event: Event;
  before: Holding | null;
  after: Holding | null;
}

/** The first event after which the state broke a rule. */
export interface Broken {
  event: string;
  code: ProblemCode | ErrorCode;
  message: string;
}

/** A log that is folded from nothing, event by event, in the order of time. Rules are looked at after each. */
export class Replay<Event extends PortEvent> {
  readonly #streams = new Map<PortKey, Stream>();
  /** Live claims by the variable that they would have; leases have none to themselves. */
  readonly #claims = new Map<string, Holding>();
  readonly #batches = new Map<string, PortEvent>();
  /** What is wrong with streams in which an event could not follow, until a release ends that. */
  readonly #unsound = new Map<PortKey, Broken>();
  #broken: Broken | undefined;

  get broken(): Broken | undefined {
    return this.#broken ?? [...this.#unsound.values()][0];
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
      this.#unsound.delete(key);
      this.#settle(event, stream.holding, next.holding);
      if (stream.at > event.at) this.#say(event, 'TIME_BACKWARDS', `${event.at} comes after ${stream.at}`);
      this.#lookAtBatch(event);
      return { event, before: stream.holding, after: next.holding };
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      const { problem: code, message } = error;
      if (!this.#unsound.has(key)) this.#unsound.set(key, { event: event.id, code, message });
      this.#settle(event, stream.holding, null);
      if (code === 'BAD_EVENT' || code === 'PREV_MISMATCH')
        this.#streams.set(key, evolveUnsound(stream, event, error));
      return { event, before: stream.unsound ? null : stream.holding, after: null };
    }
  }

  #settle(event: PortEvent, before: Holding | null, after: Holding | null): void {
    if (before && !before.lease && before.event !== after?.event) {
      const variable = environmentName(before.resource, before.name);
      if (this.#claims.get(variable)?.event === before.event) this.#claims.delete(variable);
    }
    if (!after || after.lease || after.event === before?.event) return;
    const variable = environmentName(after.resource, after.name);
    const other = this.#claims.get(variable);
    if (!other) this.#claims.set(variable, after);
    else if (areInstancesOfOne(other.resource, after.resource)) return;
    else if (other.resource === after.resource && other.name === after.name)
      this.#say(event, 'DOUBLE_NAME', `${labelOf(after)} has ${formatPort(other)} already`);
    else
      this.#say(
        event,
        'DOUBLE_VARIABLE',
        `${labelOf(after)} and ${labelOf(other)} share the variable ${variable}`,
      );
  }

  /** Events of one command come one after the other, its first one first. */
  #lookAtBatch(event: PortEvent): void {
    if (!event.batch) return;
    if (event.batch === event.id) this.#batches.set(event.id, event);
    else if (!this.#batches.has(event.batch))
      this.#say(event, 'BATCH_INCOMPLETE', `the first event of its batch, ${event.batch}, has not happened`);
  }

  #say(event: PortEvent, code: ProblemCode, message: string): void {
    this.#broken ??= { event: event.id, code, message };
  }
}
