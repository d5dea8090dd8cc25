import type { Person } from '../../events/envelope.js';
import { sentenceOf } from '../../events/event.js';
import { namesAmong } from '../../events/people.js';
import { formatPort } from '../../events/port.js';
import type { LocatedEvent } from '../log/event-log.js';
import type { EventWithOrigin } from '../registry/state/history.js';
import { signatureInWords } from '../review/signature-words.js';
import { minute } from './ports.js';
import { runsOf, spanOf } from './runs.js';
import { csv } from './table.js';

/** `2026-11-23 14:02Z  allocated 25000/tcp to web by Ada: reason  3f2a91c`. */
export function renderEvent(
  event: LocatedEvent & Partial<EventWithOrigin>,
  nameOf: (person: Person) => string = ({ name }) => name,
): string {
  const parts = [minute(event.at), ` ${sentenceOf(event)} by ${nameOf(event.by)}`];
  if (event.reason) parts.push(`: ${event.reason}`);
  const facts = [event.commit?.slice(0, 10), event.signature && signatureInWords(event.signature)].filter(
    Boolean,
  );
  if (facts.length > 0) parts.push(`  [${facts.join(', ')}]`);
  return parts.join('');
}

/** One line per event or run of ports; people with the same name are shown with their addresses. */
export function renderEvents(events: EventWithOrigin[]): string {
  const nameOf = namesAmong(events.map(({ by }) => by));
  const alike = (it: EventWithOrigin) => JSON.stringify([it.type, it.batch, it.reason, it.at, it.commit]);
  return runsOf(events, alike)
    .map((run) => renderRun(run, nameOf))
    .join('\n');
}

function renderRun(run: EventWithOrigin[], nameOf: (person: Person) => string): string {
  const [first] = run as [EventWithOrigin];
  const line = renderEvent(first, nameOf);
  if (run.length === 1) return line;
  return line.replace(formatPort(first), spanOf(run)).replace(` (${first.name})`, '');
}

const COLUMNS =
  'at type port protocol resource name owner by email host reason lease range exception from to id path commit merge log';

export function renderEventsCsv(events: EventWithOrigin[]): string {
  const columns = COLUMNS.split(' ');
  const rows = events.map((event) => {
    const { name: by, email, host } = event.by;
    const lease = 'lease' in event ? event.lease?.expires : undefined;
    const facts: Record<string, unknown> = { ...event, by, email, host, lease };
    return columns.map((it) => (facts[it] ?? null) as string | number | null);
  });
  return csv(columns, rows);
}
