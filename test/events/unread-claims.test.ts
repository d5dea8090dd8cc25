import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Holdings } from '../../events/holdings.js';
import type { Holding } from '../../events/stream.js';

const RESOURCES = ['web', 'api', 'db', 'mail'];
const holding = fc.record({
  port: fc.integer({ min: 20000, max: 20007 }),
  resource: fc.constantFrom(...RESOURCES),
  isLease: fc.boolean(),
});
type Told = typeof holding extends fc.Arbitrary<infer T> ? T : never;

const held = ({ port, resource, isLease }: Told): Holding => ({
  port,
  protocol: 'tcp',
  resource,
  name: `p${port}`,
  since: '2026-11-01T12:00:00.000Z',
  by: { name: 'Ada', email: 'ada@example.com', host: 'desk' },
  event: `01${port}`,
  ...(isLease && { lease: { expires: '2026-11-02T12:00:00.000Z' } }),
});

/** What can be asked and done, each told by what came of it. */
const step = fc.oneof(
  fc.constantFrom(...RESOURCES).map((name) => (it: Holdings) => it.of(name)),
  fc.integer({ min: 20000, max: 20007 }).map((port) => (it: Holdings) => it.at({ port, protocol: 'tcp' })),
  fc
    .integer({ min: 20000, max: 20007 })
    .map((port) => (it: Holdings) => it.remove({ port, protocol: 'tcp' })),
  holding.map((told) => (it: Holdings) => it.put(held(told))),
  fc.constant((it: Holdings) => it.size),
  fc.constant((it: Holdings) => sorted(it.leases())),
  fc.constant((it: Holdings) => sorted([...it])),
  fc
    .constantFrom(...RESOURCES)
    .map((name) => (it: Holdings) => it.withVariable(`${name}_PORT`.toUpperCase())),
);
const sorted = (all: Holding[]) => all.sort((a, b) => a.port - b.port);

test('claims that are read when they are asked for answer as if they had been there, whatever is asked first', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(holding, { selector: ({ port }) => port }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(step, { maxLength: 12 }),
      (told, parts, steps) => {
        const all = told.map(held);
        const partOf = (resource: string) => RESOURCES.indexOf(resource) % parts;
        const read: number[] = [];
        const late = new Holdings(
          all.filter(({ lease }) => lease),
          {
            haveProjects: false,
            parts,
            partOf,
            read: (part) => {
              read.push(part);
              return all.filter(({ lease, resource }) => !lease && partOf(resource) === part);
            },
          },
        );
        const ready = new Holdings(all);
        for (const ask of steps) expect(ask(late)).toEqual(ask(ready));
        expect(read).toHaveLength(new Set(read).size);
      },
    ),
  );
});

test('who asks for a resource has one part read', () => {
  const read: number[] = [];
  const holdings = new Holdings([], {
    haveProjects: false,
    parts: 4,
    partOf: (resource) => RESOURCES.indexOf(resource),
    read: (part) => {
      read.push(part);
      return [held({ port: 20000 + part, resource: RESOURCES[part]!, isLease: false })];
    },
  });
  expect(holdings.of('api').map(({ port }) => port)).toEqual([20001]);
  expect([holdings.leases(), holdings.of('api').length, read]).toEqual([[], 1, [1]]);
});
