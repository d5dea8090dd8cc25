import type { NewEvent } from '../../../events/event.js';
import type { Holdings } from '../../../events/holdings.js';
import { folderOf } from '../../../events/lease.js';
import { areInstancesOfOne, environmentName, labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, portArgument } from '../../../events/port.js';
import { type Holding, heldOf } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { nearest } from '../../nearest.js';
import { isChosen, parsePortChoice } from './port-choice.js';
import {
  allHeld,
  holdingsOf,
  isLapsed,
  type Obstacle,
  obstacleTo,
  policyViolation,
  type View,
} from './view.js';

export type LogName = 'registry' | 'host';

export interface Placed {
  log: LogName;
  event: NewEvent;
}

/** The result of a decider: events in order, warnings, and the answer. */
export interface Decision<Answer> {
  events: Placed[];
  warnings: Warning[];
  answer: Answer;
}

export function logOf(holding: { lease?: Holding['lease'] | undefined }): LogName {
  return holding.lease ? 'host' : 'registry';
}

export function release(
  holding: Holding,
  more: { reason?: string | undefined; to?: number | undefined } = {},
): Placed {
  return { log: logOf(holding), event: { type: 'port.released', ...heldOf(holding), ...defined(more) } };
}

export function releaseLapsed(view: View, ref: PortRef): Placed[] {
  return [view.host.at(ref)].flatMap((old) => (old && isLapsed(view, old) ? [release(old)] : []));
}

/**
 * Two resources whose environment names are equal would read each other's port.
 * Throws CONFLICT naming the other.
 */
export function refuseSameVariable(view: View, resource: string, name: string): void {
  const other = otherWithVariable(view, resource, name);
  if (!other) return;
  const variable = environmentName(resource, name);
  throw new VportsError(
    'CONFLICT',
    `${labelOf({ resource, name })} and ${other.resource} (${other.name}, ${formatPort(other)}) would share the variable ${variable}`,
    {
      hint: 'choose another resource or port name',
      details: { variable, resource: other.resource, name: other.name },
    },
  );
}

/**
 * Who else holds a port under the variable that this resource and name would have. An instance that is leased to a folder has
 * those of its resource, and instances of one resource are never in one environment.
 */
export function otherWithVariable(view: View, resource: string, name: string): Holding | undefined {
  const variable = environmentName(resource, name);
  return [...new Set([view.registry, view.host])]
    .flatMap((log) => log.withVariable(variable))
    .find(
      (it) =>
        (it.resource !== resource || it.name !== name) &&
        !areInstancesOfOne(it.resource, resource) &&
        !(folderOf(it.lease) && it.resource.includes('@')),
    );
}

/** Like refuseSameVariable, among the names of one command. Throws CONFLICT. */
export function refuseSameNames(resource: string, ports: { name: string }[]): void {
  const seen = new Map<string, string>();
  for (const { name } of ports) {
    const variable = environmentName(resource, name);
    const other = seen.get(variable);
    if (other !== undefined && other !== name) {
      throw new VportsError(
        'CONFLICT',
        `the ports ${other} and ${name} would share the variable ${variable}`,
        {
          hint: 'choose another port name',
          details: { variable, resource, name: other },
        },
      );
    }
    seen.set(variable, name);
  }
}

/** The holding chosen by `--port`. Throws UNKNOWN_RESOURCE or NOT_HELD. */
export function requireHolding(view: View, resource: string, chosen: string): Holding {
  const held = holdingsOf(view, resource);
  const choice = parsePortChoice(chosen);
  const holding = held.find((it) => isChosen(it, choice));
  if (holding) return holding;
  if (held.length === 0) throw unknownResource(view, resource);
  const names = [...new Set(held.map(({ name }) => name))];
  const what = choice.name === chosen ? `no port named ${chosen}` : `no port ${chosen}`;
  throw new VportsError('NOT_HELD', `${resource} holds ${what}`, {
    hint: `it holds ${held.map((it) => `${it.name} (${formatPort(it)})`).join(', ')}`,
    details: { resource, name: chosen, names },
  });
}

export function unknownResource(
  view: View,
  resource: string,
  hint = `see \`vports list\`, or allocate one: \`vports allocate ${resource}\``,
): VportsError {
  const meant = nearest(resource, new Set(allHeld(view).map((it) => it.resource)));
  return new VportsError('UNKNOWN_RESOURCE', `${resource} holds no port`, {
    hint: meant === undefined ? hint : `did you mean ${meant}? ${hint}`,
    details: { resource },
  });
}

/** Drops undefined values: unset keys are absent from events. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, it]) => it !== undefined)) as Defined<T>;
}

type Defined<T> = {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & { [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined> };

/** Of what is not on record. */
export const NOBODY = { name: '', email: '', host: '' };

/**
 * What an event that has been decided and not written yet changes: the rest of the command is decided on that. `holdings` are
 * changed in place; what is foreseen comes after all that is written, in its own order.
 */
export function applyPlanned(holdings: Holdings, event: NewEvent, order: number): void {
  if (event.type === 'port.released') holdings.remove(event);
  if (event.type !== 'port.allocated' && event.type !== 'port.registered') return;
  const { type: _, ...grant } = event;
  holdings.put({ ...defined(grant), since: '', by: NOBODY, event: `9${String(order).padStart(9, '0')}` });
}

/** For a port that the policy keeps back, the hint is the move with --allow-outside-policy, which a lease cannot make. */
export function byReassign(
  obstacle: Obstacle,
  { resource, name, lease }: { resource: string; name: string; lease?: unknown },
  wanted: PortRef,
): Obstacle {
  const isOfPolicy = obstacle.code === 'PORT_RESERVED' || obstacle.code === 'OUT_OF_RANGE';
  if (!isOfPolicy || lease) return obstacle;
  const hint = `to use it anyway: \`vports reassign ${resource} --port ${name} --to ${portArgument(wanted)} --allow-outside-policy\``;
  return { ...obstacle, hint };
}

/** The command that moves a name from its port to the wanted one, or what is in its way. */
export function wayTo(
  view: View,
  { resource, name }: { resource: string; name: string },
  held: PortRef,
  wanted: PortRef,
): string {
  const obstacle = obstacleTo(view, wanted, undefined, true);
  if (obstacle) return `${obstacle.message}; ${obstacle.hint}`;
  const option = policyViolation(view.policy, wanted) ? ' --allow-outside-policy' : '';
  return held.protocol === wanted.protocol
    ? `\`vports reassign ${resource} --port ${name} --to ${portArgument(wanted)}${option}\` moves it`
    : `a ${wanted.protocol} port needs its own name: \`vports register ${resource} ${name}-${wanted.protocol}=${portArgument(wanted)}${option}\``;
}
