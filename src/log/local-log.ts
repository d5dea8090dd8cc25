import type { EventLog, EventReader, EventWriter } from './event-log.js';

/** A log that nobody shares: what is appended is final. */
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
  /** Drops the cached claims; the next read reloads them. */
  forgetClaims(): void;
  close(): Promise<void>;
}
