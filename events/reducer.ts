import { type Draft, produce } from 'immer';
import { eventTypes, type PortEvent } from './event.js';
import { formatPort, type PortRef } from './port.js';
import { BrokenStream, type Holding, type Stream } from './stream.js';

export function emptyStream({ protocol, port }: PortRef): Stream {
  return { protocol, port, version: 0, last: '', at: '', holding: null };
}

/**
 * The stream after one more event. Pure: the given stream is unchanged.
 * Throws BrokenStream if the event cannot follow: wrong port, version gap, wrong `prev`, impossible change.
 */
export function evolve(stream: Stream, event: PortEvent): Stream {
  return produce(stream, (draft) => apply(draft, event));
}

/** Folds the whole history of a stream, in place and without drafts: it may have 100,000 events. Throws BrokenStream. */
export function foldStream(ref: PortRef, events: Iterable<PortEvent>): Stream {
  const fold = new StreamFold(ref);
  for (const event of events) fold.add(event);
  return fold.stream;
}

export class StreamFold {
  readonly stream: Stream;

  constructor(ref: PortRef) {
    this.stream = emptyStream(ref);
  }

  /** Throws BrokenStream, and leaves the stream unchanged. */
  add(event: PortEvent): void {
    apply(this.stream, event);
  }

  /** Adds an event that counts even if it could not follow; the stream is unsound from then on. */
  take(event: PortEvent): void {
    try {
      apply(this.stream, event);
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      passOver(this.stream, event, error);
    }
  }
}

/** The stream after an event that could not follow but counts all the same. Throws `why` for an event of another stream. */
export function evolveUnsound(stream: Stream, event: PortEvent, why: BrokenStream): Stream {
  return produce(stream, (draft) => passOver(draft, event, why));
}

/** The holder after an event, derived from the holder before it. Throws BrokenStream for an impossible change. */
export function holdingAfter(before: Holding | null, event: PortEvent): Holding | null {
  const stream: Stream = { ...emptyStream(event), holding: before && { ...before } };
  change(stream, event);
  return stream.holding;
}

function passOver(stream: Draft<Stream>, event: PortEvent, why: BrokenStream): void {
  if (why.problem !== 'BAD_EVENT' && why.problem !== 'PREV_MISMATCH') throw why;
  const { protocol, port } = stream;
  const { id, at, by, resource, name } = event;
  stream.version++;
  stream.last = id;
  stream.at = at;
  stream.holding = { port, protocol, resource, name, since: at, by, event: id };
  stream.unsound ??= why.message;
}

function apply(stream: Draft<Stream>, event: PortEvent): void {
  if (event.protocol !== stream.protocol || event.port !== stream.port) {
    throw new BrokenStream('PATH_MISMATCH', `the event belongs to ${formatPort(event)}`);
  }
  if (event.version !== stream.version + 1) {
    throw new BrokenStream('VERSION_GAP', `version ${event.version} follows version ${stream.version}`);
  }
  if (event.prev !== (stream.last || null)) {
    throw new BrokenStream(
      'PREV_MISMATCH',
      `prev is ${event.prev}, the previous event is ${stream.last || 'none'}`,
    );
  }
  if (stream.unsound !== undefined && event.type !== 'port.released')
    throw new BrokenStream('BAD_EVENT', `only a release may follow an unsound event: ${stream.unsound}`);
  change(stream, event);
  delete stream.unsound;
  stream.version = event.version;
  stream.last = event.id;
  stream.at = event.at;
}

// One cast for the union: each type's apply takes its own event, and eventTypes pairs them by type.
function change(stream: Draft<Stream>, event: PortEvent): void {
  (eventTypes[event.type].apply as (stream: Stream, event: PortEvent) => void)(stream, event);
}
