import type { Protocol } from '../../../events/port.js';
import { grouped } from '../../grouped.js';
import { SAYINGS } from '../formats/port-entry.js';
import { hasWords, isGeneric } from './names.js';
import { folderOf, type NamedEntry } from './tree-entry.js';

/** Entries of one number of one program, strongest claim first. */
type Program = [NamedEntry, ...NamedEntry[]];

/**
 * Of several documents that speak of one port of one program, the strongest one claims it (list, publisher, option, variable,
 * forward), and the others refer to it. Programs are chained: where A is B and B is C, all three are one.
 */
export function settleRivals(entries: NamedEntry[]): void {
  const claims = entries.filter((it) => it.port !== undefined && isOwnClaim(it) && it.wish !== 'dynamic');
  for (const own of grouped(claims, ({ port }) => port).values()) {
    const programs: Program[] = [];
    for (const it of own.sort(byStrength)) {
      const program = programOf(programs, it);
      if (program) program.push(it);
      else programs.push([it]);
    }
    programs.forEach(join);
  }
  for (const it of entries) while (it.sameAs?.sameAs) it.sameAs = it.sameAs.sameAs;
}

/** The first of them claims the port, under the names of all. */
function join([first, ...others]: Program): void {
  const protocol = protocolOf([first, ...others]) ?? first.protocol;
  for (const it of others) it.sameAs = first;
  for (const it of [first, ...others]) it.protocol = protocol;
  first.knownAs = [...new Set([first, ...others].flatMap(({ knownAs }) => knownAs))];
}

/** Whether an entry claims something, and for no other one. */
export function isOwnClaim({ side, skipped, elsewhere, sameAs, mention }: NamedEntry): boolean {
  return side === 'host' && !skipped && !elsewhere && !sameAs && !mention;
}

export function byStrength(a: NamedEntry, b: NamedEntry): number {
  return (
    SAYINGS.indexOf(a.says) - SAYINGS.indexOf(b.says) ||
    Number(a.protocol === 'udp') - Number(b.protocol === 'udp')
  );
}

function programOf(programs: Program[], it: NamedEntry): Program | undefined {
  const own = programs.filter((program) => program.some((one) => isOneProgram(one, it)));
  const isSame = (program: Program) => (protocolOf(program) ?? program[0].protocol) === it.protocol;
  const isOpen = (program: Program) => protocolOf([it]) === undefined || protocolOf(program) === undefined;
  return own.find(isSame) ?? own.find(isOpen);
}

/** The protocol that one of them states: a variable or an option that says nothing else may be of either. */
function protocolOf(program: NamedEntry[]): Protocol | undefined {
  return program.find(
    ({ says, format, protocol, variable = '' }) =>
      protocol === 'udp' ||
      /_tcp(_|$)/i.test(variable) ||
      says === 'publisher' ||
      ['csv', 'markdown-table'].includes(format),
  )?.protocol;
}

/** Whether two entries of one number, the stronger first, belong to one program. */
function isOneProgram(one: NamedEntry, other: NamedEntry): boolean {
  if (other.knownAs.includes(one.resource) || one.knownAs.includes(other.resource))
    // Two names for one number in a service.json are two claims of which one is wrong.
    return one.name === other.name || one.format !== 'service-json' || other.format !== 'service-json';
  if (other.says === 'forward') return true;
  // One variable of one project is one number, whichever of its services runs.
  const isOneVariable = one.variable !== undefined && one.variable === other.variable;
  if (isOneVariable && folderOf(one.file) === folderOf(other.file)) return true;
  const isNear = haveOneName(one, other) || isAppOf(one, other) || isAppOf(other, one);
  if (one.says === other.says && (one.says === 'list' || one.says === 'publisher'))
    return isNear && one.format !== other.format;
  return isNear || areNested(homeOf(one), homeOf(other));
}

/** Whether an app of umbrelOS gives the port that a service next to it publishes. */
function isAppOf(app: NamedEntry, service: NamedEntry): boolean {
  return app.format === 'umbrel-app' && folderOf(app.file) === folderOf(service.file);
}

/** `geo` and `geo-server`; `DB_PORT` of a service `db`. */
function haveOneName(one: NamedEntry, { resource, variable }: NamedEntry): boolean {
  return (
    hasWords(resource, one.resource) ||
    hasWords(one.resource, resource) ||
    (variable !== undefined && hasWords(variable.toLowerCase().replaceAll('_', '-'), one.resource))
  );
}

/** The folder that an entry speaks for: a table or a list in a script speaks for the whole tree. */
function homeOf({ file, format, says }: NamedEntry): string {
  if (says === 'list' && format !== 'service-json') return '';
  const parts = folderOf(file).split('/');
  while (parts.length > 0 && isGeneric(parts.at(-1)!)) parts.pop();
  return parts.join('/');
}

/** Whether one of two folders is the other one, or in it. */
export function areNested(a: string, b: string): boolean {
  const [outer, inner] = a.length < b.length ? [a, b] : [b, a];
  return outer === '' || inner === outer || inner.startsWith(`${outer}/`);
}
