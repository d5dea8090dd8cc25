/**
 * A reader of format 1, written from docs/format.md alone: it takes no line of vports. What it reads is what the answers of vports are
 * held against.
 */
import { execFileSync } from 'node:child_process';

/** An event as its file has it. */
export interface FileEvent {
  /** From `events/` on. */
  path: string;
  id: string;
  type: 'port.allocated' | 'port.registered' | 'port.described' | 'port.renewed' | 'port.released';
  protocol: 'tcp' | 'udp';
  port: number;
  version: number;
  resource: string;
  project?: string;
  local?: string;
  name: string;
  range?: string;
  owner?: string;
  by: { name: string; email: string; host: string };
  at: string;
  reason?: string;
  lease?: { expires: string | null; folder?: string };
  from?: number;
  to?: number;
  batch?: string;
  prev: string | null;
}

/** Who holds a port after some of the events of its stream. */
export interface Held {
  protocol: 'tcp' | 'udp';
  port: number;
  resource: string;
  /** Whose name it is, and what it is called there. */
  project: string | null;
  local: string;
  name: string;
  range: string | null;
  owner: string | null;
  reason: string | null;
  lease: string | null;
  since: string;
  by: string;
  /** Id of the grant. */
  event: string;
}

/** What git has is kept by object name: no object ever changes. */
const [TEXTS, TREES] = [new Map<string, string>(), new Map<string, Map<string, string>>()];

function git(repository: string, args: string[], input?: string): string {
  return execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8', input, maxBuffer: 1 << 28 });
}

/** The event files of a commit: object name by path. */
export function filesAt(repository: string, commit: string): Map<string, string> {
  const known = TREES.get(commit);
  if (known) return known;
  const lines = git(repository, ['ls-tree', '-r', commit, 'events/']).split('\n').filter(Boolean);
  const files = new Map(
    lines.map((line): [string, string] => [line.split('\t')[1]!, line.split(/[ \t]/)[2]!]),
  );
  TREES.set(commit, files);
  return files;
}

/** The events of a commit, in no order. */
export function eventsAt(repository: string, commit: string): FileEvent[] {
  const files = [...filesAt(repository, commit)];
  const missing = files.map(([, oid]) => oid).filter((oid) => !TEXTS.has(oid));
  if (missing.length > 0) {
    const lines = git(repository, ['cat-file', '--batch'], missing.join('\n'));
    let at = 0;
    for (const oid of missing) {
      const end = lines.indexOf('\n', at);
      const size = Number(lines.slice(at, end).split(' ')[2]);
      const bytes = Buffer.from(lines.slice(end + 1))
        .subarray(0, size)
        .toString();
      TEXTS.set(oid, bytes);
      at = end + 1 + bytes.length + 1;
    }
  }
  return files.map(([path, oid]) => ({ ...JSON.parse(TEXTS.get(oid)!), path }));
}

/** The streams of these events, by `PROTOCOL/PORT`, each from its first version up. Throws where one is no stream. */
export function streamsOf(events: FileEvent[]): Map<string, FileEvent[]> {
  const streams = new Map<string, FileEvent[]>();
  for (const event of [...events].sort((a, b) => a.version - b.version)) {
    const key = `${event.protocol}/${event.port}`;
    const stream = streams.get(key) ?? [];
    if (event.version !== stream.length + 1) throw new Error(`${event.path} leaves a gap`);
    if (event.prev !== (stream.at(-1)?.id ?? null)) throw new Error(`${event.path} follows another event`);
    streams.set(key, [...stream, event]);
  }
  return streams;
}

/** Who holds the port of a stream after its events. Throws where an event is not allowed. */
function holderAfter(stream: FileEvent[]): Held | undefined {
  let held: Held | undefined;
  for (const event of stream) {
    const { protocol, port, resource, name } = event;
    const isGrant = event.type === 'port.allocated' || event.type === 'port.registered';
    if (isGrant === (held !== undefined))
      throw new Error(`${event.path} is not allowed: ${JSON.stringify([event, held])}`);
    if (held && (held.resource !== resource || held.name !== name))
      throw new Error(`${event.path} is of another`);
    if (isGrant)
      held = {
        ...{ protocol, port, resource, name },
        project: event.project ?? null,
        local: event.local ?? resource,
        range: event.range ?? null,
        owner: event.owner ?? null,
        reason: event.reason ?? null,
        lease: event.lease?.expires ?? null,
        since: event.at,
        by: event.by.name,
        event: event.id,
      };
    else if (event.type === 'port.released') held = undefined;
    else if (event.type === 'port.renewed') held = { ...held!, lease: event.lease!.expires };
    else held = { ...held!, owner: event.owner ?? held!.owner, reason: event.reason ?? held!.reason };
  }
  return held;
}

/** All that is held after these events, by port. */
export function heldAfter(events: FileEvent[]): Held[] {
  return [...streamsOf(events).values()]
    .flatMap((stream) => holderAfter(stream) ?? [])
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
}

/** From when each event counts, in milliseconds since 1970, by path: its `at`, or that of an earlier one of its stream. */
function timesOf(events: FileEvent[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const stream of streamsOf(events).values()) {
    let latest = 0;
    for (const { path, at } of stream) {
      latest = Math.max(latest, Date.parse(at));
      times.set(path, latest);
    }
  }
  return times;
}

/** The events that count by a time. */
export function eventsUntil(events: FileEvent[], time: number): FileEvent[] {
  const times = timesOf(events);
  return events.filter(({ path }) => times.get(path)! <= time);
}

/** All events of a log in their one order. */
export function inOrder(events: FileEvent[]): FileEvent[] {
  const times = timesOf(events);
  const commands = new Map<string, FileEvent[]>();
  for (const event of [...events].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const of = event.batch ?? event.id;
    commands.set(of, [...(commands.get(of) ?? []), event]);
  }
  const timeOf = (command: FileEvent[]) => Math.max(...command.map(({ path }) => times.get(path)!));
  let left = [...commands.values()].sort((a, b) => timeOf(a) - timeOf(b) || (a[0]!.id < b[0]!.id ? -1 : 1));
  const sorted: FileEvent[] = [];
  while (left.length > 0) {
    const waiting = new Map<string, number>();
    for (const { protocol, port, version } of left.flat()) {
      const key = `${protocol}/${port}`;
      waiting.set(key, Math.min(waiting.get(key) ?? version, version));
    }
    const isReady = (command: FileEvent[]) =>
      command.every(({ protocol, port, version }) => {
        const first = waiting.get(`${protocol}/${port}`)!;
        return (
          version === first ||
          command.some((it) => it.port === port && it.protocol === protocol && it.version === first)
        );
      });
    const next = left.find(isReady);
    if (!next) throw new Error('these commands have no order');
    sorted.push(...next);
    left = left.filter((it) => it !== next);
  }
  return sorted;
}
