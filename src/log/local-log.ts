import type { EventLog, EventReader, EventWriter } from './event-log.js';

/** A log that is final as soon as it is appended to: nobody else has to get it. */
export function localLog(store: EventReader & EventWriter & Store): EventLog {
  return {
    reader: store,
    queued: store,
    writer: store,
    publisher: {
      turn: async () => undefined,
      refresh: async () => {
        store.forgetClaims();
        await store.judge();
      },
      publish: async () => 'local',
      has: async () => false,
      mayPublishFirst: async () => false,
      settled: async () => false,
      warnings: [],
      said: [],
    },
    close: () => store.close(),
  };
}

interface Store {
  /** Looks anew at what other branches claim, when it is next asked. */
  forgetClaims(): void;
  close(): Promise<void>;
}
