import { labelOf } from './names.js';
import { BrokenStream, type Holding, type Stream } from './stream.js';

interface Grant extends Omit<Holding, 'since' | 'event' | 'renewedOn'> {
  id: string;
  at: string;
}

export function grant(stream: Stream, event: Grant): void {
  if (stream.holding) {
    throw new BrokenStream(
      'BAD_EVENT',
      `granted to ${event.resource} while ${stream.holding.resource} holds it`,
    );
  }
  const holding: Holding = {
    port: event.port,
    protocol: event.protocol,
    resource: event.resource,
    name: event.name,
    since: event.at,
    by: event.by,
    event: event.id,
  };
  if (event.project !== undefined) holding.project = event.project;
  if (event.local !== undefined) holding.local = event.local;
  if (event.range !== undefined) holding.range = event.range;
  if (event.owner !== undefined) holding.owner = event.owner;
  if (event.reason !== undefined) holding.reason = event.reason;
  if (event.lease !== undefined) holding.lease = event.lease;
  if (event.exception !== undefined) holding.exception = event.exception;
  stream.holding = holding;
}

/** The holder named by an event, which must be the one in the stream. */
export function holderOf(stream: Stream, event: { type: string; resource: string; name: string }): Holding {
  const holding = stream.holding;
  if (!holding) throw new BrokenStream('BAD_EVENT', `${event.type} of a free port`);
  if (holding.resource !== event.resource || holding.name !== event.name) {
    const [is, says] = [holding, event].map(({ resource, name }) => labelOf({ resource, name }));
    throw new BrokenStream('BAD_EVENT', `${event.type} says ${says}, the holder is ${is}`);
  }
  return holding;
}
