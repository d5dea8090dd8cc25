import { portKey } from '../../../../events/port.js';
import { recordListeners } from '../../../host/last-seen.js';
import { socketTable } from '../../../host/sockets.js';
import { type Stats, statsOf } from '../../query/stats.js';
import { historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { viewOf } from '../../state/views.js';

export async function stats(logs: Logs, unusedDays: number): Promise<Stats> {
  const now = Date.now();
  const view = await viewOf(logs, {}, now);
  const bound = await (await socketTable()).bound();
  const heard = recordListeners(bound.map(portKey), now);
  const events = [];
  for await (const { type, port, protocol, at } of historyOf(logs, {}, now))
    events.push({ type, port, protocol, at });
  return statsOf(view, events.reverse(), { heard, unusedDays });
}
