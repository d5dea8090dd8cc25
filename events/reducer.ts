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
}

/** Who holds a port after an event, told by the holder before it alone. Throws BrokenStream for an impossible change. */
export function holdingAfter(before: Holding | null, event: PortEvent): Holding | null {
  const stream: Stream = { ...emptyStream(event), holding: before && { ...before } };
  change(stream, event);
  return stream.holding;
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
  change(stream, event);
  stream.version = event.version;
  stream.last = event.id;
  stream.at = event.at;
}

/** One cast for the union: each type's apply takes its own event, and eventTypes pairs them by type. */
function change(stream: Draft<Stream>, event: PortEvent): void {
  (eventTypes[event.type].apply as (stream: Stream, event: PortEvent) => void)(stream, event);
}
