import type { PortEvent } from '../../../events/event.js';
import { eventPath } from '../../../events/event-path.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import type { EventLog, LocatedEvent } from '../../log/event-log.js';
import { type Caller, documentsOf, folderOf } from '../caller.js';
import type { LogName } from '../decide/decision.js';
import { undo as decide } from '../decide/undo.js';
import type { View } from '../decide/view.js';
import { checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

const EVENT_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

interface Target {
  log: LogName;
  events: LocatedEvent[];
  subject: string;
}

export async function undo(
  caller: Caller,
  target: string,
  options: Common,
): Promise<Outcome & { undone: LocatedEvent[] }> {
  const { logs } = caller;
  const { log, events, subject } = await targetOf(logs, target);
  const reason = checkedReason(options.reason);
  const resources = new Set(events.map(({ resource }) => resource));
  const [resource] = resources.size === 1 ? resources : [];
  const folder = resource === undefined ? undefined : folderOf(caller, resource, options.dir);
  let streams = new Map<PortKey, PortEvent[]>();
  const written = await write(logs, {
    prepare: async () => {
      streams = await streamsOf(await logs.named(log), events);
    },
    literal: true,
    decide: (view: View) => decide(view, { events: bare(events), log, streams, reason }),
    looks: true,
    inUse: true,
    subject: `undo: ${subject}`.slice(0, 200),
    local: log === 'host',
    dryRun: options.dryRun,
    ...(resource !== undefined && documentsOf(resource, folder, options)),
  });
  const released = written.answer.filter(({ type }) => type === 'port.released').map(({ name }) => name);
  const about = resource === undefined ? [] : [{ resource, folder, released }];
  const outcome = await outcomeOf(written, options, about);
  return { ...outcome, undone: outcome.written };
}

async function targetOf(logs: Logs, text: string): Promise<Target> {
  const names: LogName[] = logs.embedded ? ['registry'] : ['registry', 'host'];
  for (const name of names) {
    const log = await logs.named(name);
    const commit = await commitOf(log, text);
    if (commit === undefined) continue;
    const added = await log.reader.addedBy(commit);
    const wanted = added.find((it) => it.id === text || it.path === text);
    const events =
      wanted === undefined
        ? added
        : added.filter((it) => it === wanted || (it.batch && it.batch === wanted.batch));
    if (events.length === 0) continue;
    const known = new Set((await log.reader.events(events)).map(({ id }) => id));
    if (!events.every(({ id }) => known.has(id))) throw elsewhere(text, commit);
    const { message } = await log.reader.commit(commit);
    return { log: name, events, subject: message.split('\n', 1)[0]! };
  }
  throw new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} is neither an event nor a commit that added events`,
    {
      hint: 'see `vports log --json` for ids and commits',
      details: { target: text.slice(0, 250) },
    },
  );
}

function elsewhere(text: string, commit: string): VportsError {
  return new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} is ${commit.slice(0, 10)}, whose events are only on another branch`,
    {
      hint: `\`git branch --contains ${commit.slice(0, 10)}\` shows which one; undo it there with \`--branch NAME\``,
      details: { target: text.slice(0, 250), commit },
    },
  );
}

async function commitOf(log: EventLog, text: string): Promise<string | undefined> {
  if (EVENT_ID.test(text) || text.startsWith('events/')) {
    for await (const { event, origin } of (await log.reader.history()).newestFirst())
      if (event.id === text || eventPath(event, event.version) === text) return origin.commit;
    return undefined;
  }
  try {
    return (await log.reader.stateAt(text)).head;
  } catch (error) {
    if (error instanceof VportsError && error.code === 'BAD_REVISION') return undefined;
    throw error;
  }
}

async function streamsOf(log: EventLog, events: LocatedEvent[]): Promise<Map<PortKey, PortEvent[]>> {
  const streams = new Map<PortKey, PortEvent[]>();
  for (const event of bare(await log.reader.events(events)).sort((a, b) => a.version - b.version))
    streams.set(portKey(event), [...(streams.get(portKey(event)) ?? []), event]);
  return streams;
}

function bare(events: LocatedEvent[]): PortEvent[] {
  return events.map(({ path: _, ...event }) => event as PortEvent);
}
