import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../events/event.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import { list, matcherOf, ranges } from '../../../src/registry/query/queries.js';
import { tenanciesOf } from '../../../src/registry/query/tenancy.js';
import { allocated, given, history, NOON } from '../../support/given.js';

const policy = (reserved: string[]) =>
  parsePolicy(
    JSON.stringify({
      format: 1,
      ranges: [{ id: 'a', title: 'A', group: 'G', from: 20000, to: 20009 }],
      default: 'a',
      reserved,
      lease: { default: '2h', max: '7d' },
    }),
  );

describe('how full a range is', () => {
  test('what is reserved is neither free nor allocated, and a port of two protocols is one', () => {
    const registry = [allocated(20000, 'web'), allocated(20000, 'dns', { protocol: 'udp' })];
    const [range] = ranges(given({ registry, policy: policy(['20005-20006', '20009']) }).view);
    expect(range).toMatchObject({ size: 10, allocated: 1, free: 6 });
    expect(ranges(given({ policy: policy([]) }).view)[0]).toMatchObject({ allocated: 0, free: 10 });
  });
});

test('what is held outside of the policy on purpose is asked for by its numbers', () => {
  const registry = [allocated(53, 'dns', { exception: 'outside-range' }), allocated(20000, 'web')];
  const { view } = given({ registry, policy: policy([]) });
  expect(list(view, { range: '1-1023' }).map(({ resource }) => resource)).toEqual(['dns']);
  const asked = history(registry).filter(matcherOf(view.policy, { range: '1-1023' }));
  expect(asked.map(({ port }) => port)).toEqual([53]);
  expect(() => list(view, { range: '1023-1' })).toThrow('is not a range');
});

describe('who had a port, one after the other', () => {
  const web = { protocol: 'tcp' as const, port: 25000, resource: 'web', name: 'main' };
  const told = (events: NewEvent[]) =>
    history(events).map((event) => ({
      ...event,
      path: '',
      commit: null,
      merge: null,
      log: 'registry' as const,
    }));

  test('until is when it was released, with by whom, why and where to; null while it is held', () => {
    const events = told([
      allocated(25000, 'web', { reason: 'x' }),
      { ...web, type: 'port.described', owner: 'team-a' },
      { ...web, type: 'port.released', reason: 'gone', to: 25001 },
      allocated(25000, 'api'),
    ]);
    expect(tenanciesOf(events)).toMatchObject([
      {
        resource: 'web',
        owner: 'team-a',
        reason: 'x',
        from: new Date(NOON).toISOString(),
        until: events[2]!.at,
        released: { by: 'Ada Lovelace', reason: 'gone', movedTo: 25001 },
      },
      { resource: 'api', until: null, released: null },
    ]);
  });
});
