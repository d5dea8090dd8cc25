import { type Draft, produce } from 'immer';
import { eventTypes, type PortEvent } from './event.js';
import { formatPort, type PortRef } from './port.js';
import { BrokenStream, type Holding, type Stream } from './stream.js';

/** A stream before its first event. */
export function emptyStream({ protocol, port }: PortRef): Stream {
  return { protocol, port, version: 0, last: '', at: '', holding: null };
}

/**
 * The stream after one more event. Pure: the given stream is left as it was.
 * Throws BrokenStream when the event cannot follow: wrong port, a gap, another `prev`, an impossible change.
 */
export function evolve(stream: Stream, event: PortEvent): Stream {
  return produce(stream, (draft) => apply(draft, event));
}

/**
 * A stream's whole history, folded. What nobody else has seen yet is changed in place, without drafts: there may be 100,000
 * events. Throws BrokenStream.
 */
export function foldStream(ref: PortRef, events: Iterable<PortEvent>): Stream {
  const fold = new StreamFold(ref);
  for (const event of events) fold.add(event);
  return fold.stream;
}

/** A stream that is being folded, event by event. */
export class StreamFold {
  readonly stream: Stream;

  constructor(ref: PortRef) {
    this.stream = emptyStream(ref);
  }

  /** Throws BrokenStream, and then the stream is as it was. */
  add(event: PortEvent): void {
    apply(this.stream, event);
  }

  /** The same of an event that counts, whether it could follow or not: from one that could not the stream is unsound. */
  take(event: PortEvent): void {
    try {
      apply(this.stream, event);
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw error;
      passOver(this.stream, event, error);
    }
  }
}

/** The stream after an event that could not follow, and counts all the same. Throws `why` for one that is not of this stream. */
export function evolveUnsound(stream: Stream, event: PortEvent, why: BrokenStream): Stream {
  return produce(stream, (draft) => passOver(draft, event, why));
}

/** Who holds a port after an event, told by the holder before it alone. Throws BrokenStream for an impossible change. */
export function holdingAfter(before: Holding | null, event: PortEvent): Holding | null {
  const stream: Stream = { ...emptyStream(event), holding: before && { ...before } };
  change(stream, event);
  return stream.holding;
}

/** Throws what is wrong again where the event is not of this stream at all. */
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
    throw new BrokenStream('PATH_MISMATCH', `the event is of ${formatPort(event)}`);
  }
  if (event.version !== stream.version + 1) {
    throw new BrokenStream('VERSION_GAP', `version ${event.version} follows version ${stream.version}`);
  }
  if (event.prev !== (stream.last || null)) {
    throw new BrokenStream(
      'PREV_MISMATCH',
      `prev is ${event.prev}, the event before it ${stream.last || 'none'}`,
    );
  }
  if (stream.unsound !== undefined && event.type !== 'port.released')
    throw new BrokenStream(
      'BAD_EVENT',
      `only a release may follow an event that is unsound: ${stream.unsound}`,
    );
  change(stream, event);
  delete stream.unsound;
  stream.version = event.version;
  stream.last = event.id;
  stream.at = event.at;
}

/** One cast for the union: each type's apply takes its own event, and eventTypes pairs them by type. */
function change(stream: Draft<Stream>, event: PortEvent): void {
  (eventTypes[event.type].apply as (stream: Stream, event: PortEvent) => void)(stream, event);
}
