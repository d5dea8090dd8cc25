import { decodeEvent, TooNew } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { eventPath, placeOfEvent } from '../../events/event-path.js';
import { areInstancesOfOne, environmentName, labelOf } from '../../events/names.js';
import { formatPort, type PortRef } from '../../events/port.js';
import { emptyStream, evolve, evolveUnsound } from '../../events/reducer.js';
import { BrokenStream, type Holding, LEASE_IN_SHARED_LOG, type Stream } from '../../events/stream.js';
import type { ProblemCode } from '../codes.js';
import { isReserved, type Policy, rangeOf } from '../policy/policy.js';

/** A rule of the log that a file breaks. `path` is that of the file, or of the registry where it is none's. */
export interface Problem {
  code: ProblemCode;
  path: string;
  message: string;
}

/** A log that has been read whole: its events by path, who holds what, and what is wrong. */
export interface CheckedLog {
  events: Map<string, PortEvent>;
  streams: number;
  holdings: Holding[];
  problems: Problem[];
  /** What could not be read, and so not be judged. */
  unread: string[];
}

/** What is allowed of a log. */
interface Rules {
  /** Whether leases may be in it: in the log of one machine alone. */
  leases: boolean;
  /** Whether an event at this path may be unsound where a release follows it: where it is published already. */
  mayEnd: (path: string) => boolean;
}

/**
 * The rules that every log keeps, each file by itself and all together: path, bytes, versions, `prev`, times, batches, one
 * live port a name.
 */
export function checkLog(
  files: ReadonlyMap<string, string>,
  { leases = false, mayEnd = () => true }: Partial<Rules> = {},
): CheckedLog {
  const log: CheckedLog = { events: new Map(), streams: 0, holdings: [], problems: [], unread: [] };
  const streams = new Map<
    string,
    { ref: PortRef; files: { version: number; path: string; text: string }[] }
  >();
  for (const [path, text] of files) {
    const place = placeOfEvent(path);
    if (!place) {
      log.problems.push({ code: 'PATH_MISMATCH', path, message: 'no event of this log may stand here' });
      continue;
    }
    const key = path.slice(0, path.lastIndexOf('/'));
    const stream = streams.get(key) ?? { ref: place.ref, files: [] };
    stream.files.push({ version: place.version, path, text });
    streams.set(key, stream);
  }
  log.streams = streams.size;
  for (const { ref, files: own } of streams.values()) {
    checkStream(
      ref,
      own.sort((a, b) => a.version - b.version),
      log,
      { leases, mayEnd },
    );
  }
  checkIds(log);
  checkBatches(log);
  checkNames(log);
  return log;
}

/** What the policy says against grants that were not made as an exception. */
export function against(policy: Policy, event: PortEvent): Omit<Problem, 'path'> | undefined {
  if ((event.type !== 'port.allocated' && event.type !== 'port.registered') || event.exception !== undefined)
    return undefined;
  if (
    isReserved(policy, event.port) &&
    (event.range === undefined || rangeOf(policy, event.port)?.id !== event.range)
  ) {
    return {
      code: 'RESERVED',
      message: `${formatPort(event)} is reserved, and ${event.resource} was given it without an exception`,
    };
  }
  if (rangeOf(policy, event.port)) return undefined;
  return {
    code: 'OUT_OF_RANGE',
    message: `${formatPort(event)} is in no range of the policy, and ${event.resource} was given it without an exception`,
  };
}

/**
 * One problem a stream, but for times: what comes after an event that cannot be read cannot be judged, and after one that could not
 * follow only a release may come, which ends it. `mayEnd` says of which files that is so.
 */
function checkStream(
  ref: PortRef,
  files: { version: number; path: string; text: string }[],
  log: CheckedLog,
  { leases, mayEnd }: Rules,
): void {
  let stream = emptyStream(ref);
  let unsound: Problem | undefined;
  for (const [index, { version, path, text }] of files.entries()) {
    const rest = () => log.unread.push(...files.slice(index).map((it) => it.text));
    const say = (code: ProblemCode, message: string) => log.problems.push({ code, path, message });
    if (version !== stream.version + 1) {
      say('VERSION_GAP', `version ${version} follows version ${stream.version}`);
      rest();
      return;
    }
    const before = stream.at;
    let event: PortEvent | undefined;
    try {
      event = decodeEvent(text);
      stream = evolve(stream, event);
      if (unsound && !mayEnd(unsound.path)) log.problems.push(unsound);
      unsound = undefined;
      log.events.set(path, event);
      if (!leases && 'lease' in event && !mayEnd(path)) say('BAD_EVENT', LEASE_IN_SHARED_LOG);
      if (before && event.at < before) say('TIME_BACKWARDS', `${event.at} comes after ${before}`);
    } catch (error) {
      if (event && error instanceof BrokenStream && isOwn(stream, event)) {
        unsound ??= { code: error.problem, path, message: error.message };
        stream = evolveUnsound(stream, event, error);
        log.unread.push(text);
        continue;
      }
      if (error instanceof TooNew) say('BAD_EVENT', `${error.message} is of a newer vports`);
      else if (error instanceof BrokenStream) say(error.problem, error.message);
      else throw error;
      rest();
      return;
    }
  }
  if (unsound) log.problems.push(unsound);
  else if (stream.holding) {
    log.holdings.push(stream.holding);
    if (leases || !stream.holding.lease) return;
    log.problems.push({
      code: 'BAD_EVENT',
      path: eventPath(ref, stream.version),
      message: LEASE_IN_SHARED_LOG,
    });
  }
}

/** An event of this stream that could not follow; one of another stream, or another place in it, is read no further. */
function isOwn(stream: Stream, { protocol, port, version }: PortEvent): boolean {
  return protocol === stream.protocol && port === stream.port && version === stream.version + 1;
}

function checkIds({ events, problems }: CheckedLog): void {
  const seen = new Map<string, string>();
  for (const [path, { id }] of events) {
    const other = seen.get(id);
    if (other) problems.push({ code: 'BAD_EVENT', path, message: `the id ${id} is that of ${other}` });
    seen.set(id, path);
  }
}

/**
 * A batch is whole where its first event is there, and where both ends of a move are. A part that stands in a stream that
 * cannot be read is not missing.
 */
function checkBatches({ events, problems, unread }: CheckedLog): void {
  const batches = new Map<string, PortEvent[]>();
  for (const event of events.values()) {
    if (event.batch) batches.set(event.batch, [...(batches.get(event.batch) ?? []), event]);
  }
  for (const [path, event] of events) {
    const partners = (event.batch && batches.get(event.batch)) || [];
    const say = (message: string) => {
      if (!unread.some((text) => text.includes(`"${event.batch}"`)))
        problems.push({ code: 'BATCH_INCOMPLETE', path, message });
    };
    if (event.batch && !partners.some(({ id }) => id === event.batch)) {
      say(`the first event of its batch, ${event.batch}, is missing`);
    } else if (event.type === 'port.allocated' && event.from !== undefined) {
      const left = partners.some(
        (it) => it.type === 'port.released' && it.port === event.from && it.to === event.port,
      );
      if (!left) say(`moved from ${event.from}, but nothing in its batch releases that`);
    } else if (event.type === 'port.released' && event.to !== undefined) {
      const taken = partners.some(
        (it) => it.type === 'port.allocated' && it.port === event.to && it.from === event.port,
      );
      if (!taken) say(`moved to ${event.to}, but nothing in its batch allocates that`);
    }
  }
}

/** One live claim a name, and one name a variable in each project; the older event is right, the younger one the problem. */
function checkNames({ events, holdings, problems }: CheckedLog): void {
  const pathOf = new Map([...events].map(([path, { id }]) => [id, path]));
  const seen = new Map<string, Holding>();
  for (const holding of holdings.filter((it) => !it.lease).sort((a, b) => (a.event < b.event ? -1 : 1))) {
    const [name, variable] = [`${holding.resource} ${holding.name}`, variableKeyOf(holding)];
    const other = seen.get(name) ?? seen.get(variable);
    for (const key of [name, variable]) if (!seen.has(key)) seen.set(key, holding);
    if (!other || areInstancesOfOne(other.resource, holding.resource)) continue;
    const same = other.resource === holding.resource && other.name === holding.name;
    problems.push({
      code: same ? 'DOUBLE_NAME' : 'DOUBLE_VARIABLE',
      path: pathOf.get(holding.event) ?? '',
      message: same
        ? `${labelOf(holding)} has ${formatPort(holding)} beside ${formatPort(other)}: \`vports release ${holding.resource} --port ${formatPort(holding)}\` gives one back`
        : `${labelOf(holding)} and ${labelOf(other)} share the variable ${variableOf(holding)}`,
    });
  }
}

/** The variable of a claim, as its project calls it. */
export function variableOf({ resource, local = resource, name }: Holding): string {
  return environmentName(local, name);
}

/** No two projects are in one environment: each has its variables to itself. */
export function variableKeyOf(holding: Holding): string {
  return `${variableOf(holding)} of ${holding.project?.toLowerCase() ?? ''}`;
}
