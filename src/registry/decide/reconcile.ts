import { type LeaseEnd, WHY_OVER } from '../../../events/lease.js';
import { environmentName, isResourceName } from '../../../events/names.js';
import { formatPort, portKey, refOf } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { DeclaredFolder } from '../../documents/declared-ports.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import type { Listener } from '../../host/listener.js';
import { rangeOf } from '../../policy/policy.js';
import { runsForAnother } from '../query/check.js';
import { damages } from '../query/queries.js';
import { cleanup } from './cleanup.js';
import { type Decision, defined, type Placed, release } from './decision.js';
import { inDocuments } from './drift/document-drift.js';
import type { DocumentProblem } from './drift/document-problem.js';
import { type Drift, type DriftKind, type DriftPart, drift } from './drift/drift.js';
import { allHeld, holderAt, holdingNamed, isLapsed, type View } from './view.js';

export interface Seen {
  /** Listeners on ports of the policy's ranges or of a holder, with the resource they run for if known. */
  listeners: Listener[];
  ownerGone: ReadonlySet<string>;
  folders: DeclaredFolder[];
  unreadable: ReadFailure[];
  numbers: DocumentProblem[];
  reason?: string | undefined;
}

/**
 * Every kind of drift between the logs, this host and the documents, and the events that mend what needs nobody's choice:
 * expired leases, a lease next to its own claim, a number in service.json that is free to be put on record.
 */
export function reconcile(view: View, seen: Seen): Decision<Drift[]> {
  const parts = [
    overLeases(view, seen),
    doubles(view),
    { drift: bySight(view, seen), events: [] },
    ...seen.folders.map((folder) => inDocuments(view, folder, seen.folders)),
    { drift: seen.numbers.map(inTree), events: [] },
    { drift: unreadable(seen), events: [] },
    { drift: damaged(view), events: [] },
  ];
  return {
    events: withoutRepeats(parts.flatMap(({ events }) => events)).map(({ log, event }) => ({
      log,
      event: { ...event, ...defined({ reason: seen.reason }) },
    })),
    warnings: [],
    answer: parts.flatMap(({ drift }) => drift),
  };
}

const KINDS: Record<LeaseEnd, DriftKind> = {
  expired: 'lease-expired',
  'owner-gone': 'owner-gone',
  'folder-gone': 'folder-gone',
};

function overLeases(view: View, { ownerGone }: Seen): DriftPart {
  const { events, answer } = cleanup(view, { ownerGone });
  const listOf = (over: typeof answer.released, fixable: boolean) =>
    over.map(({ why, ...it }) =>
      drift(KINDS[why], it, {
        ...WHY_OVER[why],
        fix: fixable ? 'vports cleanup --fix' : `vports cleanup --fix --force ${it.resource}`,
        fixable,
      }),
    );
  return { events, drift: [...listOf(answer.released, true), ...listOf(answer.kept, false)] };
}

/** One name with two ports, or one port in both logs: only a merge, or a kill between two writes, causes these. */
function doubles(view: View): DriftPart {
  const part: DriftPart = { drift: [], events: [] };
  for (const holding of allHeld(view)) {
    const answers = holdingNamed(view, holding.resource, holding.name)!;
    if (answers !== holding) {
      const fixable = holding.lease !== undefined && !view.busy.has(portKey(holding));
      if (fixable) part.events.push(release(holding));
      part.drift.push(
        drift('double-name', holding, {
          expected: answers.port,
          actual: holding.port,
          fix: `vports release ${holding.resource} --port ${formatPort(holding)}`,
          fixable,
        }),
      );
    }
    const other = holding.lease && view.registry.at(holding);
    if (other && other !== holding && !isLapsed(view, holding)) {
      part.drift.push(
        drift('double-port', holding, {
          expected: other.resource,
          actual: holding.resource,
          fix: `vports reassign ${holding.resource} --port ${holding.name}`,
          fixable: false,
        }),
      );
    }
  }
  return part;
}

function bySight(view: View, { listeners }: Seen): Drift[] {
  const found = new Map<string, Drift>();
  for (const it of listeners.filter(({ connected }) => !connected)) {
    const key = portKey(it);
    if (found.has(key)) continue;
    const held = holderAt(view, it);
    const holder = held && !isLapsed(view, held) ? held : undefined;
    const isRecorded = holder !== undefined || view.elsewhere?.has(key);
    if (!isRecorded && rangeOf(view.policy, it.port)) found.set(key, unrecorded(it));
    if (holder && runsForAnother(holder, it)) found.set(key, stranger(holder, it));
  }
  return [...found.values()];
}

function unrecorded(listener: Listener): Drift {
  const resource =
    listener.resource !== null && isResourceName(listener.resource) ? listener.resource : 'RESOURCE';
  return drift('listening-unrecorded', listener, {
    resource: listener.resource,
    expected: null,
    actual: inWords(listener),
    fix: `vports register ${resource} ${formatPort(listener)}`,
    fixable: false,
  });
}

function stranger(holder: Holding, listener: Listener): Drift {
  return drift('stranger', holder, {
    expected: holder.resource,
    actual: `${inWords(listener)}, for ${listener.resource}: ${listener.evidence}`,
    fix: `vports kill ${formatPort(holder)}, or vports reassign ${holder.resource} --port ${holder.name}`,
    fixable: false,
  });
}

/** A person must choose the number. */
function inTree({ code, file, line, column, port, message, fix }: DocumentProblem): Drift {
  const actual = `${code}: ${message}`;
  const found = { file, line, column, expected: null, actual, fix: fix ?? 'vports ci', fixable: false };
  return drift('document', { port, protocol: null }, found);
}

function unreadable(seen: Seen): Drift[] {
  return seen.unreadable.map(({ file, line, why }) =>
    drift(
      'unreadable',
      { port: null, protocol: null },
      {
        file,
        line,
        expected: 'a readable document',
        actual: `cannot be read: ${why}`,
        fix: 'fix the file',
        fixable: false,
      },
    ),
  );
}

function damaged(view: View): Drift[] {
  return [...view.damaged.keys()].map((key) => {
    const ref = refOf(key);
    const [warning] = damages(view, ref);
    return drift(
      'damaged',
      { ...ref, resource: null, name: null },
      {
        expected: 'a readable history',
        actual: warning!.message,
        fix: 'git log -- events',
        fixable: false,
      },
    );
  });
}

function inWords({ process, pid, user }: Listener): string {
  if (process === null) return `a process of ${user ?? 'another user'} (not visible to you)`;
  return `${process} (pid ${pid})`;
}

/** One event may be proposed twice: a lease can be expired and a double, a number can be in two files. */
function withoutRepeats(events: Placed[]): Placed[] {
  const seen = new Set<string>();
  return events.filter(({ event }) => {
    const keys: string[] = [portKey(event)];
    if (event.type === 'port.registered') keys.push(environmentName(event.resource, event.name));
    const known = keys.some((key) => seen.has(key));
    for (const key of keys) seen.add(key);
    return !known;
  });
}
