import type { NewEvent } from '../../../events/event.js';
import { Holdings } from '../../../events/holdings.js';
import { environmentName, isPortName, isResourceName, labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, type Protocol, portKey } from '../../../events/port.js';
import { refusalIn } from '../../attempt.js';
import type { Saying } from '../../documents/formats/port-entry.js';
import { isTemplate, TEMPLATE } from '../../documents/template.js';
import { INSIDE } from '../../documents/tree/naming.js';
import { type NamedEntry, placeOf } from '../../documents/tree/tree-entry.js';
import type { VportsError, Warning } from '../../errors.js';
import { grouped } from '../../grouped.js';
import { rangeOf } from '../../policy/policy.js';
import { allocate } from './allocate.js';
import { applyPlanned, type Decision, defined, otherWithVariable, type Placed } from './decision.js';
import { exceptionFor } from './register.js';
import { damageOf, holderAt, holdingNamed, type View } from './view.js';

export interface Import {
  /** By priority: of two entries for one port, the first decides whose it is. */
  entries: NamedEntry[];
  allocate?: boolean | undefined;
  owner?: string | undefined;
  reason?: string | undefined;
}

/** A port entry of a document and its outcome. */
export interface ImportItem {
  file: string;
  line: number;
  column: number;
  resource: string;
  name: string;
  port: number | null;
  protocol: Protocol;
  range: string | null;
  /** Set if the port is outside the policy. */
  exception: 'outside-range' | 'reserved' | null;
  wish: string | null;
  code: string | null;
  why: string | null;
}

export interface Imported {
  imported: ImportItem[];
  toAllocate: ImportItem[];
  skipped: ImportItem[];
  problems: ImportItem[];
}

/** Imports port entries of documents; each is exactly one of imported, to allocate, skipped or a problem. */
export function importEntries(view: View, command: Import): Decision<Imported> {
  const importing = new Importing(view, command);
  importing.sort();
  importing.register();
  if (command.allocate) importing.allocate();
  return importing.result();
}

/** Larger ranges of a document are not imported port by port. */
const LARGEST_RANGE = 1_000;

type Claim = NamedEntry & PortRef;

class Importing {
  readonly #answer: Imported = { imported: [], toAllocate: [], skipped: [], problems: [] };
  readonly #claims: Claim[] = [];
  readonly #claimed = new Map<string, Claim>();
  readonly #wished = new Map<string, NamedEntry>();
  readonly #events: Placed[] = [];
  readonly #warnings: Warning[] = [];
  readonly #holdings: Holdings;

  constructor(
    private readonly view: View,
    private readonly command: Import,
  ) {
    this.#holdings = new Holdings(view.registry);
  }

  sort(): void {
    for (const entry of this.command.entries) {
      const { port, protocol, wish = '', sameAs } = entry;
      const skipped = entry.elsewhere ?? entry.skipped ?? (entry.side === 'container' ? INSIDE : undefined);
      if (skipped !== undefined) this.#skip(entry, skipped);
      else if (wish === 'dynamic') this.#skip(entry, 'a lease, taken when its program runs');
      else if (sameAs) this.#skip(entry, sameIn(entry, sameAs));
      else if (port !== undefined && this.#isNamed(entry)) {
        const claim = { ...entry, port, protocol };
        this.#claims.push(claim);
        if (!this.#claimed.has(nameKey(claim))) this.#claimed.set(nameKey(claim), claim);
      }
    }
    // Another document may have a number for a wish.
    for (const entry of this.command.entries) {
      const isWish = entry.side === 'host' && entry.port === undefined && entry.wish !== 'dynamic';
      if (isWish && !entry.sameAs && (entry.elsewhere ?? entry.skipped) === undefined)
        this.#sortWish(entry, entry.wish ?? 'auto');
    }
  }

  register(): void {
    const byPort = grouped(this.#claims, portKey);
    const byName = grouped(this.#claims, nameKey);
    const byVariable = grouped(this.#claims, ({ resource, name }) => environmentName(resource, name));
    for (const claim of this.#claims) {
      const among = <Key>(all: Map<Key, Claim[]>, key: Key) => all.get(key)!.find((it) => it !== claim);
      const samePort = among(byPort, portKey(claim));
      const sameName = among(byName, nameKey(claim));
      const sameVariable = among(byVariable, environmentName(claim.resource, claim.name));
      if (samePort)
        this.#problem(claim, 'CONFLICT', `${labelOf(samePort)} has the same port in ${placeOf(samePort)}`);
      else if (sameName)
        this.#problem(
          claim,
          'DOUBLE_NAME',
          `the same name has ${formatPort(sameName)} in ${placeOf(sameName)}`,
        );
      else if (sameVariable)
        this.#problem(
          claim,
          'DOUBLE_VARIABLE',
          `${labelOf(sameVariable)} in ${placeOf(sameVariable)} would have the same variable`,
        );
      else this.#registerOne(claim);
    }
  }

  allocate(): void {
    const wishes = this.#answer.toAllocate.splice(0);
    for (const own of grouped(wishes, (it) => it.resource).values()) {
      // Together, so that they are consecutive; if that fails, one by one, so that only the impossible ones fail.
      if (this.#allocateAll(own) === undefined) continue;
      for (const it of own) {
        const failed = this.#allocateAll([it]);
        if (failed) this.#answer.problems.push({ ...it, code: failed.code, why: failed.message });
      }
    }
  }

  /** All or nothing; returns the error. */
  #allocateAll(own: ImportItem[]): VportsError | undefined {
    const wants = own.map(({ name, protocol, wish }) => ({
      name,
      protocol,
      ...(wish && wish !== 'auto' && { wish }),
    }));
    return refusalIn(() => {
      const { owner, reason } = this.command;
      const view = { ...this.view, registry: this.#holdings };
      const decision = allocate(view, { resource: own[0]!.resource, wants, owner, reason });
      this.#warnings.push(...decision.warnings);
      for (const { event } of decision.events) this.#add(event);
      for (const [index, granted] of decision.answer.entries())
        this.#answer.imported.push({ ...own[index]!, port: granted.port, range: granted.range });
    });
  }

  result(): Decision<Imported> {
    return { events: this.#events, warnings: this.#warnings, answer: this.#answer };
  }

  #sortWish(entry: NamedEntry, wish: string): void {
    const asked = entry.format === 'service-json';
    const [, from, to] = /^(\d+)-(\d+)$/.exec(wish) ?? [];
    if (isTemplate(wish)) this.#skip(entry, TEMPLATE);
    else if (/^\$\{[^}]*\./.test(wish)) this.#skip(entry, `same value as ${wish}`);
    else if (!asked && (wish.startsWith('$') || !/\d/.test(wish)))
      this.#skip(entry, wish === '' ? 'no number' : `its number is set elsewhere (${wish.slice(0, 60)})`);
    else if (!asked && Number(to) - Number(from) >= LARGEST_RANGE)
      this.#problem(
        entry,
        'BAD_RANGE',
        `${wish} is more than 1000 ports; reserve them in the policy instead`,
      );
    else if (wish.startsWith('{') || wish.startsWith('['))
      this.#problem(entry, 'BAD_PORT', `cannot tell the port in: ${wish.slice(0, 60)}`);
    else if (!asked || (from === undefined && /^[-+.]?\d/.test(wish)))
      this.#problem(entry, 'BAD_PORT', `${wish.slice(0, 60)} is not a port`);
    else if (this.#isNamed(entry)) {
      const held = holdingNamed(this.view, entry.resource, entry.name);
      const before = this.#wished.get(nameKey(entry));
      const claim = this.#claimed.get(nameKey(entry));
      if (held) this.#skip(entry, `it already has ${formatPort(held)}`);
      else if (claim) this.#skip(entry, `it has ${formatPort(claim)} in ${placeOf(claim)}`);
      else if (before) this.#skip(entry, `same as in ${placeOf(before)}`);
      else {
        this.#wished.set(nameKey(entry), entry);
        this.#answer.toAllocate.push(itemOf({ ...entry, wish: /^\$/.test(wish) ? 'auto' : wish }));
      }
    }
  }

  #registerOne(claim: Claim): void {
    const violation = this.#violation(claim);
    if (violation?.code) this.#problem(claim, violation.code, violation.why);
    else if (violation) this.#skip(claim, violation.why);
    if (violation) return;
    const { resource, name, port, protocol } = claim;
    const range = rangeOf(this.view.policy, port)?.id;
    const exception = exceptionFor(this.view, port);
    const owner = claim.owner ?? this.command.owner;
    const reason = this.command.reason ?? claim.reason ?? `imported from ${claim.file}:${claim.line}`;
    this.#add({
      type: 'port.registered',
      protocol,
      port,
      resource,
      name,
      ...defined({
        ...claim.belongs,
        range,
        owner: lineOf(owner, 200),
        reason: lineOf(reason, 500),
        exception,
      }),
    });
    this.#answer.imported.push({ ...itemOf(claim), range: range ?? null, exception: exception ?? null });
  }

  /** Why a claim is not imported: a problem, or, without a code, nothing to do. */
  #violation(claim: Claim): { code?: string | undefined; why: string } | undefined {
    const { resource, name } = claim;
    const damage = this.view.damaged.get(portKey(claim));
    if (damage) return { code: 'STREAM_DAMAGED', why: damageOf(portKey(claim), damage).message };
    const holder = holderAt(this.view, claim);
    if (holder && claim.knownAs.includes(holder.resource) && !holder.lease) {
      const isOther = holder.resource !== resource || holder.name !== name;
      return {
        why: `already registered${isOther ? ` as ${holder.resource === resource ? holder.name : labelOf(holder)}` : ''}`,
      };
    }
    if (holder)
      return {
        // A name with a space belongs to another project.
        code: isResourceName(holder.resource) ? 'PORT_TAKEN' : 'CONFLICT',
        why: `${formatPort(claim)} is held by ${labelOf(holder)}`,
      };
    const held = holdingNamed(this.view, resource, name);
    if (held && !held.lease)
      return {
        code: 'ALREADY_HELD',
        why: `${labelOf({ resource, name })} has ${formatPort(held)} in the registry`,
      };
    const other = otherWithVariable(this.view, resource, name);
    if (!other) return undefined;
    const variable = environmentName(resource, name);
    return { code: 'DOUBLE_VARIABLE', why: `${labelOf(other)} already uses the variable ${variable}` };
  }

  #add(event: NewEvent): void {
    this.#events.push({ log: 'registry', event });
    applyPlanned(this.#holdings, event, this.#events.length);
  }

  #isNamed(entry: NamedEntry): boolean {
    if (isResourceName(entry.resource) && isPortName(entry.name)) return true;
    const bad = isResourceName(entry.resource) ? entry.name : entry.resource;
    this.#problem(entry, 'BAD_NAME', `${JSON.stringify(bad.slice(0, 80))} is not a valid name`);
    return false;
  }

  #skip(entry: NamedEntry, why: string): void {
    this.#answer.skipped.push({ ...itemOf(entry), why });
  }

  #problem(entry: NamedEntry, code: string, why: string): void {
    this.#answer.problems.push({ ...itemOf(entry), code, why });
  }
}

function sameIn(entry: NamedEntry, claim: NamedEntry): string {
  const right = claim.says === entry.says ? '' : `, which ${RIGHTS[claim.says]}`;
  return `same port as ${labelOf(claim)} in ${placeOf(claim)}${right}`;
}

const RIGHTS: Record<Saying, string> = {
  list: 'lists it',
  publisher: 'publishes it',
  option: 'makes a program listen on it',
  variable: 'sets it',
  forward: 'forwards it',
};

function nameKey({ resource, name }: NamedEntry): string {
  return `${resource} ${name}`;
}

/** Events hold one line. */
function lineOf(text: string | undefined, longest: number): string | undefined {
  const line = text
    ?.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, longest)
    .replace(/[\ud800-\udbff]$/, '');
  return line || undefined;
}

export function itemOf({
  file,
  line = 1,
  column = 1,
  resource = '',
  name = '',
  port,
  protocol = 'tcp',
  wish,
}: Partial<NamedEntry> & { file: string }): ImportItem {
  return {
    file,
    line,
    column,
    resource,
    name,
    port: port ?? null,
    protocol,
    range: null,
    exception: null,
    wish: wish ?? null,
    code: null,
    why: null,
  };
}
