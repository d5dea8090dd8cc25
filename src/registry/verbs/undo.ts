import type { NewEvent, PortEvent } from '../../../events/event.js';
import { pathOf } from '../../../events/event-path.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { badUsage, VportsError } from '../../errors.js';
import { grouped } from '../../grouped.js';
import type { EventLog, LocatedEvent } from '../../log/event-log.js';
import { type Caller, documentsOf, folderOf } from '../caller.js';
import type { LogName } from '../decide/decision.js';
import { undo as decide } from '../decide/undo.js';
import type { View } from '../decide/view.js';
import { checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { backBefore, type PolicyTurn, policyTurnOf } from '../write/policy-turn.js';
import { type Write, write } from '../write/write.js';
import { type PolicyChange, writePolicy } from '../write/write-policy.js';

const EVENT_ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export interface UndoOptions extends Common {
  /** Whether held ports may end up outside every range, where what is undone is a change of the policy. Default: they may. */
  confirm?: ((change: PolicyChange) => Promise<boolean>) | undefined;
}

export type Undone = Outcome & { undone: LocatedEvent[]; policy?: Pick<PolicyChange, 'diff' | 'stranded'> };

interface Target {
  log: LogName;
  events: LocatedEvent[];
  policy: PolicyTurn | undefined;
  subject: string;
}

export async function undo(caller: Caller, target: string, options: UndoOptions): Promise<Undone> {
  const { logs } = caller;
  const { log, events, policy, subject } = await targetOf(logs, target);
  const reason = checkedReason(options.reason);
  const resources = new Set(events.map(({ resource }) => resource));
  const [resource] = resources.size === 1 ? resources : [];
  const folder = resource === undefined ? undefined : folderOf(caller, resource, options.dir);
  let streams = new Map<PortKey, PortEvent[]>();
  const request: Omit<Write<NewEvent[]>, 'files'> = {
    prepare: async () => {
      streams = await streamsOf(await logs.named(log), events);
    },
    literal: true,
    decide: (view: View) =>
      events.length === 0
        ? { events: [], warnings: [], answer: [] }
        : decide(view, { events: bare(events), log, streams, reason }),
    looks: events.length > 0,
    inUse: true,
    subject: `undo: ${subject}`.slice(0, 200),
    reason,
    local: log === 'host',
    dryRun: options.dryRun,
    ...(resource !== undefined && documentsOf(resource, folder, options)),
  };
  const { written, changed } = policy
    ? await undoPolicy(logs, policy, request, options)
    : { written: await write(logs, request), changed: undefined };
  const released = written.answer.filter(({ type }) => type === 'port.released').map(({ name }) => name);
  const about = resource === undefined ? [] : [{ resource, folder, released }];
  const outcome = await outcomeOf(written, options, about);
  return {
    ...outcome,
    undone: outcome.written,
    ...(changed && { policy: { diff: changed.diff, stranded: changed.stranded } }),
  };
}

async function undoPolicy(
  logs: Logs,
  turn: PolicyTurn,
  request: Omit<Write<NewEvent[]>, 'files'>,
  { confirm, dryRun }: UndoOptions,
): Promise<Awaited<ReturnType<typeof writePolicy<NewEvent[]>>>> {
  const turnBack = await backBefore(logs, turn);
  if (confirm && !dryRun) {
    const { changed } = await writePolicy(logs, turnBack, { ...request, dryRun: true });
    if (changed.stranded.length > 0 && !(await confirm(changed)))
      throw badUsage('nothing was undone', 'move these ports first: see `vports reassign --help`');
  }
  return writePolicy(logs, turnBack, request);
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
    // Of a squashed branch, who changed the policy is unknown.
    const isWhole = events.length === added.length;
    const policy = name === 'registry' && isWhole ? await policyTurnOf(logs, commit) : undefined;
    if (events.length === 0 && !policy) continue;
    const known = new Set((await log.reader.events(events)).map(({ id }) => id));
    if (!events.every(({ id }) => known.has(id)) || policy?.isElsewhere) throw elsewhere(text, commit);
    const { message } = await log.reader.commit(commit);
    return { log: name, events, policy, subject: message.split('\n', 1)[0]! };
  }
  throw new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} is neither an event nor a commit that added events or changed the policy`,
    {
      hint: 'see `vports log --json` for ids and commits, and `git log -- policy.json`',
      details: { target: text.slice(0, 250) },
    },
  );
}

function elsewhere(text: string, commit: string): VportsError {
  return new VportsError(
    'BAD_REVISION',
    `${JSON.stringify(text.slice(0, 80))} is ${commit.slice(0, 10)}, which is only on another branch`,
    {
      hint: `\`git branch --contains ${commit.slice(0, 10)}\` shows which one; undo it there with \`--branch NAME\``,
      details: { target: text.slice(0, 250), commit },
    },
  );
}

async function commitOf(log: EventLog, text: string): Promise<string | undefined> {
  if (EVENT_ID.test(text) || text.startsWith('events/')) {
    for await (const { event, origin } of (await log.reader.history()).newestFirst())
      if (event.id === text || pathOf(event) === text) return origin.commit;
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
  const all = bare(await log.reader.events(events)).sort((a, b) => a.version - b.version);
  return grouped(all, portKey);
}

function bare(events: LocatedEvent[]): PortEvent[] {
  return events.map(({ path: _, ...event }) => event as PortEvent);
}
