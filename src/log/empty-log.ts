import { inOrder } from '../../events/encoding.js';
import { Holdings } from '../../events/holdings.js';
import { portKey } from '../../events/port.js';
import { emptyStream } from '../../events/reducer.js';
import { VportsError } from '../errors.js';
import { defaultPolicySource } from '../policy/default-policy.js';
import type { Policy } from '../policy/policy.js';
import { parsePolicy } from '../policy/policy-file.js';
import { eventIds } from './append/event-ids.js';
import { stamp } from './append/stamp.js';
import {
  type Batch,
  type EventLog,
  type History,
  type LocatedEvent,
  type LogState,
  located,
} from './event-log.js';
import { localLog } from './local-log.js';

const HEAD = '1'.padStart(40, '0');

/** Replaces a log that has no events yet: the log is created before the first ones are appended. */
export function emptyLog(): EventLog {
  let parsed: Policy | undefined;
  const now: LogState = {
    head: HEAD,
    holdings: new Holdings(),
    damaged: new Map(),
    // Parsed on first use: that takes a while.
    get policy() {
      parsed ??= parsePolicy(defaultPolicySource());
      return parsed;
    },
  };
  const judge = async () => false;
  return localLog({
    state: async () => now,
    stateAt: async (revision) => {
      requireHead(revision);
      return now;
    },
    blocks: async () => new Map(),
    judge,
    judgeAtFirst: judge,
    judgeStreams: judge,
    policySource: async () => defaultPolicySource(),
    events: async (_, revision = HEAD) => {
      requireHead(revision);
      return [];
    },
    history: async () => NO_HISTORY,
    originsOf: async () => new Map(),
    addedBy: async () => [],
    commit: async () => ({ message: '', time: 0 }),
    messages: async (commits) => new Map([...commits].map((oid) => [oid, ''])),
    claims: async () => new Map(),
    forgetClaims: () => undefined,
    exclusively: (work) => work(),
    append: () => Promise.reject(new Error('append before the log was created')),
    preview,
    close: async () => undefined,
  });
}

const NO_HISTORY: History = {
  async *newestFirst() {},
  async *oldestFirst() {},
  heldAt: async () => [],
};

function requireHead(revision: string): void {
  if (revision === HEAD) return;
  const text = JSON.stringify(revision.slice(0, 80));
  throw new VportsError('BAD_REVISION', `${text} is not a commit of the registry`);
}

async function preview({ events, by, at }: Batch): Promise<LocatedEvent[]> {
  const ends = new Map(events.map((event) => [portKey(event), emptyStream(event)]));
  const stamped = stamp(events, ends, { by, at, newId: eventIds() });
  return stamped.map((event) => located(inOrder(event)));
}
