import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { refOf } from '../../../../events/port.js';
import { attempt } from '../../../attempt.js';
import { escapeControlCharacters } from '../../../control-characters.js';
import { badUsage } from '../../../errors.js';
import { packageRoot } from '../../../files/package-root.js';
import { readRegularText } from '../../../files/regular-file.js';
import { writeWhole } from '../../../files/write-whole.js';
import { assignedNames } from '../../../host/assigned-names.js';
import { hostEvidence } from '../../../host/evidence.js';
import { openRepository } from '../../../log/git/index.js';
import { policyHistory } from '../../../log/inspect/index.js';
import { columnsOf, type MappedEvent } from '../../../map/columns.js';
import { MARK, withData } from '../../../map/html.js';
import type { MapData, MapPolicy } from '../../../map/map-data.js';
import { spansOn } from '../../../map/spans.js';
import { BROWSER_REFUSED } from '../../../policy/browser-ports.js';
import { NODE_PORTS } from '../../../policy/hazards.js';
import { within } from '../../../policy/policy.js';
import { allHeld, type View } from '../../decide/view.js';
import { pullRequestIn } from '../../query/tenancy.js';
import { type EventWithOrigin, historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { momentOf } from '../../state/moment.js';
import { withSignatures } from '../../state/signatures.js';

declare const VPORTS_MAP_PAGE: string | undefined;

export interface MappedRegistry {
  path: string;
  events: number;
  ports: number;
}

/** A map has its marker within this many bytes. */
const LARGEST_MAP = 64 * 2 ** 20;

/**
 * Writes the page. What this machine has borrowed is not in it, unless there is no other log: the page is for others too. The same
 * registry gives the same bytes, so that who publishes it sees whether anything changed.
 */
export async function mapRegistry(
  logs: Logs,
  view: View,
  { path, at }: { path: string; at: string | undefined },
): Promise<MappedRegistry> {
  refuseForeign(path);
  const { page, ...counts } = await mapPage(logs, view, { at });
  writeWhole(path, page);
  return { path, ...counts };
}

export async function mapPage(
  logs: Logs,
  view: View,
  { at, isOfMachine = logs.embedded }: { at?: string | undefined; isOfMachine?: boolean } = {},
): Promise<Omit<MappedRegistry, 'path'> & { page: string }> {
  const events: EventWithOrigin[] = [];
  for await (const event of historyOf(logs, { at }, Date.now()))
    if (event.log === 'registry') events.push(event);
  const mapped = await withPullRequests(logs, await withSignatures(logs, events.reverse()));
  const data = {
    ...dataOf(logs, view, at, mapped),
    policies: await policiesOf(logs, view, at),
    spans: spansOn(
      isOfMachine ? await hostEvidence([{ protocol: 'tcp', port: NODE_PORTS.from }]) : undefined,
    ),
  };
  const packed = deflateRawSync(JSON.stringify(data)).toString('base64');
  // A bundled library has no data files.
  const template =
    typeof VPORTS_MAP_PAGE === 'string'
      ? VPORTS_MAP_PAGE
      : readFileSync(join(packageRoot(), 'dist', 'map.html'), 'utf8');
  const held = [...allHeld(view)].filter((it) => logs.embedded || !it.lease);
  return { page: withData(template, packed), events: mapped.length, ports: held.length };
}

function refuseForeign(path: string): void {
  if (!existsSync(path) || isMap(path)) return;
  throw badUsage(
    `${path} exists and is not a map written by vports`,
    'choose another file with --out, or remove it',
    { details: { path } },
  );
}

function isMap(path: string): boolean {
  const text = attempt(() => readRegularText(path, LARGEST_MAP));
  return text?.slice(0, 4096).includes(MARK) === true;
}

async function withPullRequests(logs: Logs, events: EventWithOrigin[]): Promise<MappedEvent[]> {
  const broughtBy = ({ merge, commit }: EventWithOrigin) => merge ?? commit;
  const commits = events.flatMap((event) => broughtBy(event) ?? []);
  const messages = await (await logs.registry()).reader.messages(commits);
  const requests = new Map([...messages].map(([commit, message]) => [commit, pullRequestIn(message)]));
  return events.map((event) => ({ ...event, pullRequest: requests.get(broughtBy(event) ?? '') ?? null }));
}

function dataOf(
  logs: Logs,
  view: View,
  at: string | undefined,
  events: MappedEvent[],
): Omit<MapData, 'policies' | 'spans'> {
  const { policy } = view;
  const inRanges = (port: number) => policy.ranges.some((range) => within(range, port));
  const assigned = [...assignedNames()].filter(([port]) => inRanges(port));
  return {
    registry: logs.embedded ? 'this machine' : escapeControlCharacters(nameOf(logs)),
    until: at === undefined ? null : escapeControlCharacters(at),
    ranges: policy.ranges.map(({ id, title, group, from, to, dynamic, reserved }) => ({
      id: escapeControlCharacters(id),
      title: escapeControlCharacters(title),
      group: escapeControlCharacters(group),
      from,
      to,
      dynamic,
      reserved,
    })),
    reserved: policy.reserved,
    refused: [...BROWSER_REFUSED],
    assigned: {
      ports: assigned.map(([port]) => port),
      names: assigned.map(([, name]) => escapeControlCharacters(name)),
    },
    damaged: [...view.damaged].map(([key, { message }]) => ({
      ...refOf(key),
      message: escapeControlCharacters(message),
    })),
    events: columnsOf(events, escapeControlCharacters),
  };
}

/** Those that were in force, up to that of the view. */
async function policiesOf(logs: Logs, { policy }: View, at: string | undefined): Promise<MapPolicy[]> {
  const moment = at === undefined ? undefined : momentOf(at, Date.now());
  const { reader } = await logs.registry();
  const state = moment && 'revision' in moment ? await reader.stateAt(moment.revision) : await reader.state();
  // The embedded registry may not exist yet.
  const past =
    state.head && existsSync(logs.place.path)
      ? await policyHistory(openRepository(logs.place.path), state.head)
      : [];
  const until = moment && 'time' in moment ? moment.time : Number.POSITIVE_INFINITY;
  const all = past.filter(({ since }) => since <= until);
  return [...all.slice(0, -1), { since: all.at(-1)?.since ?? 0, policy }].map((it) => ({
    since: it.since,
    ranges: it.policy.ranges.map(({ id, from, to, reserved }) => ({
      id: escapeControlCharacters(id),
      from,
      to,
      reserved,
    })),
    reserved: it.policy.reserved,
  }));
}

function nameOf(logs: Logs): string {
  const { path, remote } = logs.place;
  const place = remote ?? path;
  const own = basename(place).replace(/\.git$/, '');
  return logs.monorepo() ? `${basename(dirname(place))}/${own}` : own;
}
