import { decodeEvent } from '../../../events/encoding.js';
import { BrokenStream } from '../../../events/stream.js';
import { VportsError } from '../../errors.js';
import type { TimelineEntry } from './timeline-store.js';

/** The events of one stream in order, with their effective times, which never decrease. */
export class TimedStream {
  #time = '';
  #broken = false;

  next(text: string | undefined): Omit<TimelineEntry, 'origin'> | undefined {
    if (this.#broken || text === undefined) {
      this.#broken = true;
      return undefined;
    }
    try {
      const event = decodeEvent(text);
      if (event.at > this.#time) this.#time = event.at;
      return { event, time: this.#time };
    } catch (error) {
      if (!(error instanceof BrokenStream)) throw tooNew(error);
      this.#broken = true;
      return undefined;
    }
  }
}

function tooNew(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'TooNew') return error;
  return new VportsError('LOG_TOO_NEW', `the log was written by a newer vports: ${error.message}`, {
    hint: 'upgrade vports on this machine',
  });
}
