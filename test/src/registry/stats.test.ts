import { describe, expect, test } from 'vitest';
import { Holdings } from '../../../events/holdings.js';
import type { Holding } from '../../../events/stream.js';
import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import type { View } from '../../../src/registry/decide/view.js';
import { statsOf } from '../../../src/registry/query/stats.js';
import { renderStats, renderStatsCsv } from '../../../src/render/stats.js';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const day = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

function holding(port: number, resource: string, since: string, more: Partial<Holding> = {}): Holding {
  const by = { name: 'Ada', email: 'a@e', host: 'h' };
  return { port, protocol: 'tcp', resource, name: 'main', since, by, event: resource, ...more };
}

function viewOf(held: Holding[]): View {
  const registry = new Holdings(held);
  const policy = parsePolicy(defaultPolicySource());
  return { policy, registry, host: new Holdings(), damaged: new Map(), busy: new Set(), now: NOW };
}

const event = (type: 'port.registered' | 'port.released', port: number, at: string) =>
  ({ type, port, protocol: 'tcp', at }) as const;

describe('stats', () => {
  const view = viewOf([
    holding(25000, 'web', day(100), { owner: 'team-web' }),
    holding(25001, 'api', day(100), { owner: 'team-web' }),
    holding(20000, 'db', day(5)),
  ]);
  const events = [
    event('port.registered', 25000, day(120)),
    event('port.registered', 25001, day(120)),
    event('port.registered', 25002, day(120)),
    event('port.released', 25002, day(10)),
    event('port.registered', 20000, day(5)),
  ];

  test('tell how full each range was, up to now', () => {
    const { ranges } = statsOf(view, events, { heard: { since: day(90), at: new Map() }, unusedDays: 30 });
    const held = (id: string) => ranges.find((it) => it.id === id)!.history.map((it) => it.held);
    expect(held('monitoring')).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2]);
    expect(held('databases').at(-1)).toBe(1);
    expect(ranges.find(({ id }) => id === 'monitoring')).toMatchObject({ size: 1000, held: 2, free: 998 });
  });

  test('count tcp and udp of one number once, and leases too; the last moment is what is held now', () => {
    const lease = { expires: new Date(NOW + 3_600_000).toISOString() };
    const both = [holding(25000, 'dns', day(9)), holding(25000, 'dns', day(9), { protocol: 'udp' })];
    const host = new Holdings([holding(45000, 'e2e', day(1), { lease })]);
    const told = [
      event('port.registered', 25000, day(9)),
      { ...event('port.registered', 25000, day(9)), protocol: 'udp' as const },
      event('port.registered', 45000, day(1)),
    ];
    const { ranges } = statsOf({ ...viewOf(both), host }, told, {
      heard: { since: day(90), at: new Map() },
      unusedDays: 30,
    });
    const of = (id: string) => ranges.find((it) => it.id === id)!;
    expect(new Set(of('monitoring').history.map(({ held }) => held))).toEqual(new Set([1]));
    for (const it of ranges) expect(it.history.at(-1)?.held).toBe(it.held);
    expect(of('dynamic').held).toBe(1);
  });

  test('count what each owner holds, the most first', () => {
    const { owners } = statsOf(view, [], { heard: { since: day(1), at: new Map() }, unusedDays: 30 });
    expect(owners).toEqual([
      { owner: 'team-web', ports: 2, resources: 2 },
      { owner: null, ports: 1, resources: 1 },
    ]);
  });

  test('take for unused what was silent for so long, since somebody has listened for it', () => {
    const unused = (since: string, at: [string, string][] = [], unusedDays = 30) =>
      statsOf(view, [], { heard: { since, at: new Map(at) as never }, unusedDays }).unused.map(
        (it) => it.resource,
      );
    expect(unused(day(90))).toEqual(['web', 'api']);
    expect(unused(day(90), [['tcp/25000', day(2)]])).toEqual(['api']);
    expect(unused(day(90), [['tcp/25000', day(40)]])).toEqual(['web', 'api']);
    expect(unused(day(10))).toEqual([]);
    expect(unused(day(90), [], 120)).toEqual([]);
  });

  test('are three tables, or a line a range', () => {
    const stats = statsOf(view, events, { heard: { since: day(90), at: new Map() }, unusedDays: 30 });
    const text = renderStats(stats, { days: 30 });
    expect(text).toMatch(/^monitoring +2 +998 +█░+ +█{10}▆▆$/m);
    expect(text).toMatch(/^25000\/tcp +web +team-web +2026-08-19 +never$/m);
    expect(renderStatsCsv(stats)).toContain('monitoring,1000,2,998');
    expect(
      renderStats(statsOf(viewOf([]), [], { heard: { since: day(0), at: new Map() }, unusedDays: 7 }), {
        days: 7,
      }),
    ).toBe('no port is held\n\nno port is known to be unused for 7 days');
  });
});
