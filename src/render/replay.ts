import { until } from '../../events/event-words.js';
import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import { oneLine } from '../control-characters.js';
import type { Replayed } from '../registry/verbs/read/replay.js';
import { renderEvent } from './events.js';

export function renderReplay({ steps }: Pick<Replayed, 'steps'>): string {
  return steps
    .map(({ event, before, after }) =>
      oneLine(`${renderEvent(event)}  ${formatPort(event)}: ${changed(before, after)}`),
    )
    .join('\n');
}

function changed(before: Holding | null, after: Holding | null): string {
  if (before?.event !== after?.event) return `${who(before)} -> ${who(after)}`;
  const facts = (['owner', 'reason'] as const).filter((key) => before?.[key] !== after?.[key]);
  if (JSON.stringify(before?.lease) !== JSON.stringify(after?.lease)) return until(after?.lease).trim();
  return facts.length === 0 ? 'no change' : facts.map((key) => `${key} ${after?.[key]}`).join(', ');
}

function who(holding: Holding | null): string {
  return holding ? labelOf(holding) : 'free';
}
