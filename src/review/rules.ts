import { decodeEvent, TooNew } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { eventPath, placeOfEvent } from '../../events/event-path.js';
import { areInstancesOfOne, environmentName, labelOf } from '../../events/names.js';
import { formatPort, type PortRef } from '../../events/port.js';
import { emptyStream, evolve, evolveUnsound } from '../../events/reducer.js';
import { BrokenStream, type Holding, LEASE_IN_SHARED_LOG, type Stream } from '../../events/stream.js';
import type { ProblemCode } from '../codes.js';
import { grouped } from '../grouped.js';
import { isReserved, type Policy, rangeOf } from '../policy/policy.js';

/** A file that breaks a rule of the log. `path` is empty for a problem of the registry as a whole. */
export interface Problem {
  code: ProblemCode;
  path: string;
  message: string;
}

export interface CheckedLog {
  events: Map<string, PortEvent>;
  streams: number;
  holdings: Holding[];
  problems: Problem[];
  /** Texts of events that could not be read, and so not be checked. */
  unread: string[];
}

interface EventFile {
  ref: PortRef;
  version: number;
  path: string;
  text: string;
}

interface CheckOptions {
  /** Whether leases are allowed: only in the log of one machine. */
  leases: boolean;
  /** Whether an unsound event at this path is acceptable if a release follows it: after it has been published. */
  mayEnd: (path: string) => boolean;
}

/** Checks the rules of a log, per file and across files: path, bytes, versions, `prev`, times, batches, one live port per name. */
export function checkLog(
  files: ReadonlyMap<string, string>,
  { leases = false, mayEnd = () => true }: Partial<CheckOptions> = {},
): CheckedLog {
  const log: CheckedLog = { events: new Map(), streams: 0, holdings: [], problems: [], unread: [] };
  const placed = [...files].flatMap(([path, text]): EventFile[] => {
    const place = placeOfEvent(path);
    if (place) return [{ ...place, path, text }];
    log.problems.push({ code: 'PATH_MISMATCH', path, message: 'unexpected file in events/' });
    return [];
  });
  const streams = grouped(placed, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  log.streams = streams.size;
  for (const own of streams.values()) {
    own.sort((a, b) => a.version - b.version);
    checkStream(own, log, { leases, mayEnd });
  }
  checkIds(log);
  checkBatches(log);
  checkNames(log);
  return log;
}

/** The rule of the policy that a grant without an exception violates. */
export function policyViolation(policy: Policy, event: PortEvent): Omit<Problem, 'path'> | undefined {
  if ((event.type !== 'port.allocated' && event.type !== 'port.registered') || event.exception !== undefined)
    return undefined;
  const own = rangeOf(policy, event.port);
  const lack = `the event for ${event.resource} lacks an exception`;
  if (isReserved(policy, event.port) && (event.range === undefined || own?.id !== event.range))
    return { code: 'RESERVED', message: `${formatPort(event)} is reserved; ${lack}` };
  if (own) return undefined;
  return { code: 'OUT_OF_RANGE', message: `${formatPort(event)} is in no range of the policy; ${lack}` };
}

/**
 * At most one problem per stream besides times: events after an unreadable one cannot be checked, and only a release may follow an
 * unsound one. `mayEnd` decides which files a release repairs.
 */
function checkStream(files: EventFile[], log: CheckedLog, { leases, mayEnd }: CheckOptions): void {
  const { ref } = files[0]!;
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
      if (error instanceof TooNew) say('BAD_EVENT', `written by a newer vports: ${error.message}`);
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
    const path = eventPath(ref, stream.version);
    log.problems.push({ code: 'BAD_EVENT', path, message: LEASE_IN_SHARED_LOG });
  }
}

/** Whether an event that could not follow belongs to this place of the stream; if not, the rest of the stream is not read. */
function isOwn(stream: Stream, { protocol, port, version }: PortEvent): boolean {
  return protocol === stream.protocol && port === stream.port && version === stream.version + 1;
}

function checkIds({ events, problems }: CheckedLog): void {
  const seen = new Map<string, string>();
  for (const [path, { id }] of events) {
    const other = seen.get(id);
    if (other)
      problems.push({ code: 'BAD_EVENT', path, message: `duplicate event id ${id} (also in ${other})` });
    seen.set(id, path);
  }
}

/** A batch is complete if its first event and both ends of a move are present. Events in an unreadable stream do not count as missing. */
function checkBatches({ events, problems, unread }: CheckedLog): void {
  const batches = grouped(events.values(), ({ batch }) => batch);
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
      if (!left) say(`moved from ${event.from}, but no event of its batch releases ${event.from}`);
    } else if (event.type === 'port.released' && event.to !== undefined) {
      const taken = partners.some(
        (it) => it.type === 'port.allocated' && it.port === event.to && it.from === event.port,
      );
      if (!taken) say(`moved to ${event.to}, but no event of its batch allocates ${event.to}`);
    }
  }
}

/** One live claim per name, and one name per variable in each project; of two, the younger event is the problem. */
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
        ? `${labelOf(holding)} holds both ${formatPort(holding)} and ${formatPort(other)}: release one with \`vports release ${holding.resource} --port ${formatPort(holding)}\``
        : `${labelOf(holding)} and ${labelOf(other)} share the variable ${variableOf(holding)}`,
    });
  }
}

export function variableOf({ resource, local = resource, name }: Holding): string {
  return environmentName(local, name);
}

/** Identifies a variable within its project: projects never share an environment. */
export function variableKeyOf(holding: Holding): string {
  return `${variableOf(holding)} of ${holding.project?.toLowerCase() ?? ''}`;
}
