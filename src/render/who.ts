import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import { oneLine } from '../control-characters.js';
import { describeListener } from '../host/describe-listener.js';
import type { ListedPort } from '../registry/query/queries.js';
import type { Tenancy } from '../registry/query/tenancy.js';
import type { Who } from '../registry/verbs/read/who.js';
import { signatureInWords } from '../review/signature-words.js';
import { minute } from './ports.js';

export function renderWho(who: Omit<Who, 'warnings'>): string {
  const { holder, other, claim, holders } = who;
  const before = [...holders].reverse().filter(({ until }) => until !== null);
  const now = holders.find(({ until }) => until === null);
  return [
    holder
      ? heldBy(holder, now)
      : `${formatPort(who)} is ${who.reserved ? 'held by nobody; the policy reserves it' : 'free in the registry'}`,
    ...(claim ? [oneLine(`branch ${claim.branch} (unmerged) claims it for ${labelOf(claim)}`)] : []),
    ...who.listeners.map(
      (it) =>
        `${it.connected ? 'taken' : 'used'} by ${describeListener(it)}${it.started ? `, since ${minute(it.started)}` : ''}`,
    ),
    ...(other ? [`${formatPort(other)} is held by ${labelOf(other)}`] : []),
    ...before.map((it) => `\n${heldThen(it)}`),
  ].join('\n');
}

function heldThen(it: Tenancy): string {
  const moved = it.movedFrom === null ? '' : `, moved from ${it.movedFrom}`;
  const owner = it.owner ? `, owner ${it.owner}` : '';
  const why = it.reason ? `: ${it.reason}` : '';
  const { by, reason, movedTo } = it.released!;
  const where = movedTo === null ? '' : `, moved to ${movedTo}`;
  const because = reason && reason !== it.reason ? `: ${reason}` : '';
  return [
    oneLine(
      `${minute(it.from)} to ${minute(it.until!)} (${lengthOf(it.from, it.until!)}): ${labelOf(it)}, by ${it.by}${owner}${moved}${why}${brought(it)}`,
    ),
    oneLine(`  released by ${by}${where}${because}`),
  ].join('\n');
}

function brought({ commit, pullRequest, signature }: Tenancy): string {
  const facts = [commit?.slice(0, 10), pullRequest, signature && signatureInWords(signature)].filter(Boolean);
  return facts.length > 0 ? `  [${facts.join(', ')}]` : '';
}

/** `3 years`, `20 minutes`: in the largest unit of which there are at least two. */
function lengthOf(from: string, until: string): string {
  const minutes = Math.round((Date.parse(until) - Date.parse(from)) / 60_000);
  const units = { year: 525_960, day: 1_440, hour: 60 };
  for (const [name, size] of Object.entries(units))
    if (minutes >= 2 * size) return `${Math.floor(minutes / size)} ${name}s`;
  if (minutes === 0) return 'under a minute';
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

function heldBy(holder: ListedPort, now: Tenancy | undefined): string {
  const owner = holder.owner ? `, owner ${holder.owner}` : '';
  const folder = holder.folder ? `, leased to the folder ${holder.folder}` : '';
  const lease = holder.lease ? `, leased until ${minute(holder.lease)}` : folder;
  const why = holder.reason ? `: ${holder.reason}` : '';
  return `${formatPort(holder)} is held by ${labelOf(holder)} since ${minute(holder.since)}, by ${holder.by}${owner}${lease}${why}${now ? brought(now) : ''}`;
}
