import { decodeEvent, encodeEvent } from '../../../events/encoding.js';
import type { Person } from '../../../events/envelope.js';
import type { NewEvent, PortEvent } from '../../../events/event.js';
import { pathOf } from '../../../events/event-path.js';
import { Holdings } from '../../../events/holdings.js';
import { labelOf } from '../../../events/names.js';
import { type PortKey, type PortRef, portKey } from '../../../events/port.js';
import { type Holding, heldOf } from '../../../events/stream.js';
import { allDone } from '../../all-done.js';
import { badUsage, VportsError } from '../../errors.js';
import { eventIds, type StreamEnd, signAsConfigured, stamp } from '../../log/append/index.js';
import type { Repository } from '../../log/git/index.js';
import { Audit } from '../../log/inspect/index.js';
import { BranchMerge, type Conflict, conflictIn, noteInMerge, settle } from '../../log/merge/index.js';
import { mergePolicies } from '../../policy/merge-policies.js';
import type { Policy } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { type CheckedLog, checkLog } from '../../review/rules.js';
import { givenUp, type Side } from '../../review/settlement.js';
import { defined, release } from '../decide/decision.js';
import { isSameProject, ownNames } from '../project/project-id.js';

export interface Resolved {
  moved: { resource: string; name: string; protocol: PortRef['protocol']; from: number; to: number }[];
  /** Dropped events; their claims are in `moved`, unless the name is taken by now. */
  dropped: { path: string; type: string; resource: string }[];
  others: string[];
}

/** Chooses new ports in the merged state, and adds them to it. */
type Rechoose = (state: { policy: Policy; registry: Holdings }, lost: Holding[]) => Promise<NewEvent[][]>;

export interface Settling {
  keep?: string | undefined;
  by: Person;
  now: number;
  reallocate: Rechoose;
  reason?: string | undefined;
  dryRun?: boolean | undefined;
  /** Only for mergeShared: the branch becomes one commit on what all share, instead of a merge. */
  rebase?: boolean | undefined;
}

/** `holdings`: the state after the merge commit. */
export interface Settled {
  resolved: Resolved;
  after: Holdings;
}

/**
 * Settles the conflict that a merge, rebase or cherry-pick has stopped at: what all share is in the right (or `keep` is), the
 * other side's commands go, whole, and their claims get other ports. Work tree and index are as they shall be committed; the
 * commit is the user's. Throws BAD_USAGE where there is nothing to settle.
 */
export async function resolveConflict(repository: Repository, settling: Settling): Promise<Settled> {
  const conflict = await conflictIn(repository);
  const { files, away, gone, kept, ...settled } = await settlement(repository, conflict, settling);
  for (const path of conflict.misplaced) {
    const text = kept.get(path);
    if (text === undefined) away.push(path);
    else files.set(path, text);
  }
  // git may have merged it line by line, as the user wants it.
  const policy = repository.prefix + POLICY_PATH;
  if (!conflict.others.includes(policy)) files.delete(POLICY_PATH);
  if (!settling.dryRun) {
    await settle(repository, conflict, files, away);
    // Only changes against the first parent need an explanation.
    noteInMerge(repository, conflict, [...gone.ours]);
  }
  settled.resolved.others = conflict.others.filter((it) => it !== policy || !files.has(POLICY_PATH));
  return settled;
}

/**
 * Merges what all share into a branch that nobody has checked out, and settles what the two both took. Gives the new commit, and
 * the head that it replaces. Throws BAD_USAGE where there is nothing to do, CONFLICT for files that only a person can merge, where
 * the branch is checked out, and where a rebase would replace commits of others.
 */
export async function mergeShared(
  repository: Repository,
  { ref, shared }: { ref: string; shared: string },
  settling: Settling,
): Promise<Settled & { commit: string | undefined; replaced: string | undefined }> {
  const rebase = settling.rebase ? settling.by.email : undefined;
  const merge = await BranchMerge.begin(repository, ref, shared, { rebase });
  try {
    const { ours, theirs } = merge;
    const sides = { ours, theirs, oursIsShared: false, single: false };
    const both = await bothAdded(repository, sides);
    const {
      files,
      away,
      gone,
      kept: _,
      ...settled
    } = await settlement(repository, { ...sides, files: both.map((path) => ({ path })) }, settling);
    const changes = { files, away, dropped: [...gone.ours] };
    const commit = settling.dryRun ? undefined : await merge.commit(changes, settling);
    return { ...settled, commit, replaced: settling.rebase ? ours : undefined };
  } finally {
    merge.end();
  }
}

type Sides = Pick<Conflict, 'ours' | 'theirs' | 'oursIsShared' | 'single'> & {
  files: { path: string }[];
};

async function bothAdded(repository: Repository, { ours, theirs }: Omit<Sides, 'files'>): Promise<string[]> {
  return Audit.of(repository, async (audit) => {
    const fork = (await audit.mergeBases(ours, theirs))[0] ?? theirs;
    const [before, mine, other] = [await audit.oids(fork), await audit.oids(ours), await audit.oids(theirs)];
    return [...mine.keys()].filter(
      (path) => !before.has(path) && other.has(path) && other.get(path) !== mine.get(path),
    );
  });
}

async function settlement(
  repository: Repository,
  conflict: Sides,
  { keep, by, now, reason, reallocate, dryRun }: Settling,
): Promise<Settled & { files: Map<string, string>; away: string[]; gone: Gone; kept: Map<string, string> }> {
  return Audit.of(repository, async (audit) => {
    const fork = conflict.single
      ? await audit.commit(`${conflict.theirs}^`)
      : ((await audit.mergeBases(conflict.ours, conflict.theirs))[0] ?? conflict.theirs);
    const [atFork, ours, theirs] = await allDone(
      [fork, conflict.ours, conflict.theirs].map((commit) => audit.oids(commit)),
    );
    const texts = await audit.texts([...ours!.values(), ...theirs!.values()]);
    const textsOf = (files: Map<string, string>) =>
      new Map([...files].map(([path, oid]) => [path, texts.get(oid)!]));
    const sides = { ours: textsOf(ours!), theirs: textsOf(theirs!) };
    requireInConflict(conflict, sides, keep);
    const loser = conflict.oursIsShared ? 'theirs' : 'ours';
    const gone: Gone = { ours: new Set(), theirs: new Set() };
    const added = { ours: eventsOf(sides.ours, atFork!), theirs: eventsOf(sides.theirs, atFork!) };
    for (const side of ['ours', 'theirs'] as const) {
      const lost = side === loser ? conflict.files.map(({ path }) => path) : [];
      const other = sides[side === 'ours' ? 'theirs' : 'ours'];
      gone[side] = givenUp(added[side], [
        ...lost,
        ...withoutBeginning(added[side], conflict.single ? other : atFork!),
      ]);
    }
    const kept = new Map([...sides.ours].filter(([path]) => !gone.ours.has(path)));
    for (const path of added.theirs.keys())
      if (!gone.theirs.has(path)) kept.set(path, sides.theirs.get(path)!);
    const state = checkLog(kept);
    const registry = new Holdings(state.holdings);
    const lost = lostClaims(sides, gone, state).map((it) => underOwnName(it, registry));
    const rivals = rivalsIn(state, added[loser]);
    const renamed = rivals.flatMap((it) => (isOfOthers(it.claim, it.other) ? [it.claim] : []));
    for (const { claim } of rivals) registry.remove(claim);
    const ownNamed = renamed.map((it) => ({ claim: it, own: underOwnName(it, registry) }));
    for (const { own } of ownNamed) registry.put(own);
    const bothChanged = await mergedPolicy(audit, { base: fork, ...conflict });
    const policy = bothChanged === undefined ? await audit.policy(conflict.ours) : parsePolicy(bothChanged);
    const taking = lost.filter(({ resource }) => resource === keep);
    const others = lost.filter(({ resource }) => resource !== keep);
    const taken = await takeOver({ policy, registry }, taking, reallocate);
    const commands = [
      ...rivals.flatMap(({ claim }): NewEvent[][] =>
        renamed.includes(claim) ? [] : [[release(claim).event]],
      ),
      ...ownNamed.map(({ claim, own }): NewEvent[] => [release(claim).event, grantOf(own)]),
      ...taken.commands,
      ...(await reallocate({ policy, registry }, others)),
    ];
    const chosen = commands.map((events) =>
      events.map((it) => (reason === undefined ? it : { ...it, reason })),
    );
    const files = await stamped(chosen, state, { by, now }, async (events) => {
      if (dryRun || events.length === 0) return events;
      const textAt = (path: string) => kept.get(path);
      return signAsConfigured(events, { policy, commondir: repository.commondir, textAt });
    });
    refuseBroken(sides, new Map([...kept, ...files]));
    for (const { path } of conflict.files) if (kept.has(path)) files.set(path, kept.get(path)!);
    if (bothChanged !== undefined) files.set(POLICY_PATH, bothChanged);
    return {
      after: registry,
      files,
      away: [...gone.ours, ...gone.theirs].filter((path) => !kept.has(path) && !files.has(path)),
      gone,
      kept,
      resolved: {
        moved: [
          ...[...taken.displaced, ...others].flatMap((it) => movedTo(it, chosen)),
          ...rivals.flatMap(({ claim, other }) =>
            renamed.includes(claim) ? [] : [movement(claim, other.port)],
          ),
        ],
        dropped: [...gone.ours, ...gone.theirs].map((path) =>
          described(path, gone.ours.has(path) ? sides.ours : sides.theirs),
        ),
        others: [],
      },
    };
  });
}

/** policy.json where both sides have changed it, and not to the same; undefined too where its keys contradict each other. */
async function mergedPolicy(
  audit: Audit,
  commits: Record<'base' | 'ours' | 'theirs', string>,
): Promise<string | undefined> {
  const { base, ours, theirs } = commits;
  const [was, mine, other] = await allDone([base, ours, theirs].map((it) => audit.text(it, POLICY_PATH)));
  if (was === undefined || mine === undefined || other === undefined) return undefined;
  if (mine === was || other === was || mine === other) return undefined;
  return mergePolicies({ base: was, ours: mine, theirs: other });
}

type Gone = Record<'ours' | 'theirs', Set<string>>;

/** Claims of the losing side whose name also has a port on the winning side. */
function rivalsIn({ holdings }: CheckedLog, loser: Side): { claim: Holding; other: Holding }[] {
  const grants = new Set([...loser.values()].map(({ id }) => id));
  const claims = holdings.filter(({ lease }) => !lease);
  const others = claims.filter(({ event }) => !grants.has(event));
  return claims.flatMap((claim) => {
    const other = grants.has(claim.event) && others.find((it) => labelOf(it) === labelOf(claim));
    return other ? [{ claim, other }] : [];
  });
}

/** Throws CONFLICT if only the merge breaks a rule, like two names sharing a variable. */
function refuseBroken(
  sides: Record<'ours' | 'theirs', Map<string, string>>,
  merged: Map<string, string>,
): void {
  const known = new Set(
    [sides.ours, sides.theirs].flatMap((it) => checkLog(it).problems.map(({ message }) => message)),
  );
  const problem = checkLog(merged).problems.find(({ message }) => !known.has(message));
  if (!problem) return;
  throw new VportsError('CONFLICT', `the merge would break a rule: ${problem.message}`, {
    hint: 'release one of the two on the branch (`vports release NAME --port PORT --branch BRANCH`), then run `vports resolve` again',
    details: { code: problem.code, path: problem.path },
  });
}

function requireInConflict(
  { files }: Sides,
  sides: Record<'ours' | 'theirs', Map<string, string>>,
  keep: string | undefined,
): void {
  if (keep === undefined) return;
  const resources = files.flatMap(({ path }) =>
    [sides.ours, sides.theirs].map((side) => decodeEvent(side.get(path)!).resource),
  );
  if (resources.includes(keep)) return;
  throw badUsage(`${keep} is not part of any conflict`, 'see `git status` and `git diff` for the conflicts', {
    details: { keep, files: files.map(({ path }) => path) },
  });
}

/**
 * Gives claims their ports back by new events, in one command: the shared branch never loses events, so the holders of these ports there
 * move. Updates `registry`.
 */
async function takeOver(
  { policy, registry }: { policy: Policy; registry: Holdings },
  claims: Holding[],
  reallocate: Rechoose,
): Promise<{ commands: NewEvent[][]; displaced: Holding[] }> {
  if (claims.length === 0) return { commands: [], displaced: [] };
  const displaced = claims.flatMap((it) => registry.at(it) ?? []);
  for (const it of displaced) registry.remove(it);
  for (const it of claims) registry.put(it);
  const found = (await reallocate({ policy, registry }, displaced)).flat();
  const moves = displaced.flatMap((it): NewEvent[] => {
    const { port, resource, name } = it;
    const grant = found.find((event) => event.resource === resource && event.name === name);
    if (grant?.type !== 'port.allocated') return [];
    return [release(it, { to: grant.port }).event, { ...grant, from: port }];
  });
  return { commands: [[...moves, ...claims.map(grantOf)]], displaced };
}

function eventsOf(side: Map<string, string>, before: Map<string, string>): Side {
  return new Map(
    [...side].filter(([path]) => !before.has(path)).map(([path, text]) => [path, decodeEvent(text)]),
  );
}

/** Later events of a stream whose beginning was dropped by an earlier resolution. */
function withoutBeginning(added: Side, before: ReadonlyMap<string, unknown>): string[] {
  return [...added].flatMap(([path, { version }]) => {
    const previous = path.replace(/[^/]*$/, `${String(version - 1).padStart(4, '0')}.json`);
    return version > 1 && !added.has(previous) && !before.has(previous) ? [path] : [];
  });
}

function lostClaims(
  sides: Record<'ours' | 'theirs', Map<string, string>>,
  gone: Gone,
  state: CheckedLog,
): Holding[] {
  const isHeld = (lost: Holding) =>
    state.holdings.some(
      (it) => it.resource === lost.resource && it.name === lost.name && !isOfOthers(it, lost),
    );
  return (['ours', 'theirs'] as const).flatMap((side) => {
    const ids = new Set([...gone[side]].map((path) => decodeEvent(sides[side].get(path)!).id));
    return checkLog(sides[side]).holdings.filter((it) => ids.has(it.event) && !it.lease && !isHeld(it));
  });
}

/** Signed by the user who resolves. */
async function stamped(
  commands: NewEvent[][],
  state: CheckedLog,
  { by, now }: { by: Person; now: number },
  sign: (events: PortEvent[]) => Promise<PortEvent[]>,
): Promise<Map<string, string>> {
  const ends = new Map<PortKey, StreamEnd>();
  for (const event of state.events.values()) {
    const end = ends.get(portKey(event));
    if (!end || end.version < event.version) {
      ends.set(portKey(event), { version: event.version, last: event.id, at: event.at });
    }
  }
  const newId = eventIds();
  const files = new Map<string, string>();
  for (const events of commands) {
    for (const event of events)
      if (!ends.has(portKey(event))) ends.set(portKey(event), { version: 0, last: '', at: '' });
    for (const event of await sign(stamp(events, ends, { by, at: now, newId })))
      files.set(pathOf(event), encodeEvent(event));
  }
  return files;
}

function isOfOthers({ project: one }: Holding, { project: other }: Holding): boolean {
  return one !== undefined && other !== undefined && !isSameProject(one, other);
}

/** Renames a claim if another project has its recorded name. */
function underOwnName(claim: Holding, registry: Holdings): Holding {
  const { project, resource, local = resource } = claim;
  const isTaken = (name: string) => registry.of(name).some((it) => isOfOthers(claim, it));
  if (project === undefined || !isTaken(resource)) return claim;
  for (const name of ownNames(project, local, 'project'))
    if (!isTaken(name)) return { ...claim, resource: name, local };
  return claim;
}

function grantOf(claim: Holding): NewEvent {
  const { project, local, range, owner, reason, exception } = claim;
  const facts = defined({ project, local, range, owner, reason, exception });
  return { type: 'port.allocated', ...heldOf(claim), ...facts };
}

function movedTo(holding: Holding, chosen: NewEvent[][]): Resolved['moved'] {
  const grant = chosen
    .flat()
    .find(
      (it) => it.type === 'port.allocated' && it.resource === holding.resource && it.name === holding.name,
    );
  return grant ? [movement(holding, grant.port)] : [];
}

function movement({ resource, name, protocol, port }: Holding, to: number): Resolved['moved'][number] {
  return { resource, name, protocol, from: port, to };
}

function described(path: string, side: Map<string, string>): Resolved['dropped'][number] {
  const { type, resource }: PortEvent = decodeEvent(side.get(path)!);
  return { path, type, resource };
}
