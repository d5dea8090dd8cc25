import fc from 'fast-check';
import { ulid } from 'ulid';
import { encodeEvent } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { ADA, NOON } from './given.js';

/** An event as some tool, or an enemy, might have written it: sound by itself, whether or not it can follow. */
interface Step {
  type: PortEvent['type'];
  resource: string;
  name: string;
  lease: 'none' | 'over' | 'long' | 'folder';
  /** Whether `prev` names the event before it, or another one, or none. */
  prev: 'right' | 'wrong' | 'none';
  /** Milliseconds after noon. */
  at: number;
  moves: boolean;
  batch: 'none' | 'own' | 'missing';
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom(
    'port.allocated',
    'port.registered',
    'port.described',
    'port.renewed',
    'port.released',
  ),
  resource: fc.constantFrom('web', 'api', 'web@login', 'db'),
  name: fc.constantFrom('main', 'ui'),
  lease: fc.constantFrom('none', 'none', 'over', 'long', 'folder'),
  prev: fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'none'),
  at: fc.integer({ min: -100_000, max: 100_000 }),
  moves: fc.boolean(),
  batch: fc.constantFrom('none', 'none', 'own', 'missing'),
});

/** Histories of one port, sound and unsound. */
export const sequence = fc.array(step, { minLength: 1, maxLength: 6 });

const LEASES = {
  none: undefined,
  over: { expires: new Date(NOON - 1).toISOString() },
  long: { expires: '2999-01-01T00:00:00.000Z' },
  folder: { expires: null, folder: '/nowhere' },
};

/** The texts of the files of a port, in order. */
export function textsOf(steps: Step[], port: number): string[] {
  let last: string | null = null;
  return steps.map(({ type, resource, name, lease, prev, at, moves, batch }, index) => {
    const id = ulid(NOON + at);
    const other = ulid(NOON);
    const facts: Record<string, object> = {
      'port.allocated': { lease: LEASES[lease], ...(moves && { from: 40_000 }) },
      'port.registered': {},
      'port.described': { owner: 'team' },
      'port.renewed': { lease: LEASES[lease] ?? LEASES.long },
      'port.released': moves ? { to: 40_001 } : {},
    };
    const event = {
      v: 1,
      id,
      type,
      protocol: 'tcp',
      port,
      version: index + 1,
      resource,
      name,
      by: ADA,
      at: new Date(NOON + at).toISOString(),
      ...(batch !== 'none' && { batch: batch === 'own' ? id : other }),
      prev: prev === 'none' || (prev === 'right' && last === null) ? null : prev === 'right' ? last : other,
      ...facts[type],
    } as PortEvent;
    last = id;
    return encodeEvent(event);
  });
}
