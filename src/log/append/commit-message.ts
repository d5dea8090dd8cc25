import { eventTypes, type NewEvent, type PortEvent } from '../../../events/event.js';
import { MAIN } from '../../../events/names.js';
import { formatPort } from '../../../events/port.js';
import { grouped } from '../../grouped.js';
import type { Policy } from '../../policy/policy.js';
import { world } from '../../world/index.js';

const LONGEST_SUBJECT = 100;

/** Summarises the events of a command in a line: `allocate 25000/tcp to my-resource`. */
export function subjectOf(events: NewEvent[]): string {
  const moved = events.filter((event) => event.type === 'port.allocated' && event.from !== undefined);
  const reported = events.filter((event) => !(event.type === 'port.released' && event.to !== undefined));
  const isMove = (event: NewEvent) => 'from' in event && event.from !== undefined;
  const groups = grouped(reported, (event) => `${event.type} ${event.resource} ${isMove(event)}`);
  const parts = [...groups.values()].map((group) => {
    const { verb, preposition } = eventTypes[group[0]!.type].words;
    const all = group.map((event) => event.name).join(', ');
    const names = all === MAIN ? '' : ` (${all})`;
    if (moved.includes(group[0]!))
      return `move ${group.map(describeMove).join(', ')} for ${group[0]!.resource}${names}`;
    return `${verb} ${group.map(formatPort).join(', ')} ${preposition} ${group[0]!.resource}${names}`;
  });
  const subject = parts.join('; ');
  if (subject.length <= LONGEST_SUBJECT) return subject;
  const resources = new Set(reported.map((event) => event.resource));
  const who = resources.size === 1 ? reported[0]!.resource : `${resources.size} resources`;
  const { verb, preposition } =
    moved.length > 0 ? { verb: 'move', preposition: 'for' } : eventTypes[reported.at(-1)!.type].words;
  return `${verb} ${reported.length} ports ${preposition} ${who}`;
}

/** The subject as the policy wants it. */
export function subjectBy({ commits }: Policy, subject: string): string {
  return commits === undefined ? subject : commits.subject.replace('{subject}', () => subject);
}

/** Subject, reason and trailers. Names and reasons have no control characters, so none can break a line. */
export function commitMessage(
  subject: string,
  events: PortEvent[],
  { reason, changeId }: { reason?: string | undefined; changeId?: string | undefined } = {},
): string {
  const reasons = [...new Set([reason ?? [], ...events.map((event) => event.reason ?? [])].flat())];
  const trailers = [
    ...events.map((event) => `Vports-Event: ${event.id}`),
    ...[...new Set(events.map((event) => event.resource))].map((resource) => `Vports-Resource: ${resource}`),
    ...(changeId === undefined ? [] : [`Change-Id: ${changeId}`]),
  ];
  return `${[subject, ...reasons, trailers.join('\n')].filter(Boolean).join('\n\n')}\n`;
}

/** What Gerrit knows a change by, whatever becomes of its commit (gerrit-review.googlesource.com/Documentation/user-changeid.html). */
export function newChangeId({ host }: Policy): string | undefined {
  return host === 'gerrit' ? `I${world.randomBytes(20).toString('hex')}` : undefined;
}

export function changeIdIn(message: string): string | undefined {
  return /^Change-Id: (I[0-9a-f]{40})$/m.exec(message)?.[1];
}

function describeMove(event: NewEvent): string {
  const from = 'from' in event ? event.from : undefined;
  return `${from}/${event.protocol} to ${formatPort(event)}`;
}
