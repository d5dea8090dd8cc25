import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { momentOf, requireMoment } from '../../../../src/registry/state/moment.js';

const NOW = new Date(2026, 10, 27, 15, 30).getTime();
const HOUR = 3_600_000;
const local = (...at: [number, number, number, number?, number?]) => new Date(...at).getTime();

describe('a time as people give it', () => {
  test.each([
    ['now', NOW],
    ['today', local(2026, 10, 27)],
    ['yesterday', local(2026, 10, 26)],
    ['last week', NOW - 7 * 24 * HOUR],
    ['2w', NOW - 14 * 24 * HOUR],
    ['3 days ago', NOW - 3 * 24 * HOUR],
    ['1 day ago', NOW - 24 * HOUR],
    ['5 min ago', NOW - 5 * 60_000],
    ['90s', NOW - 90_000],
    ['36h', NOW - 36 * HOUR],
    ['2026-11-01', local(2026, 10, 1)],
    ['2026-11-01T12:00', local(2026, 10, 1, 12)],
    ['2026-11-01T12:00Z', Date.UTC(2026, 10, 1, 12)],
    ['2026-11-01 12:00', local(2026, 10, 1, 12)],
    ['2026-11-01 12:00Z', Date.UTC(2026, 10, 1, 12)],
    ['2026-11-01T12:00:30.5+02:00', Date.UTC(2026, 10, 1, 10, 0, 30, 500)],
  ])('%s', (text, time) => expect(requireMoment(text, NOW)).toBe(time));

  test.each([
    '',
    'soon',
    '2026-02-30',
    '2026-13-01',
    '2026-11-01T25:00Z',
    'ago',
    '3 fortnights ago',
    '99999999d',
  ])('%j is none', (text) => expect(() => requireMoment(text, NOW)).toThrow(/is not a time/));

  test('without a zone is local time: a date is its midnight, whatever the zone', () => {
    const zone = process.env.TZ;
    try {
      fc.assert(
        fc.property(
          fc.constantFrom('UTC', 'Asia/Tokyo', 'America/New_York', 'Europe/Berlin', 'Pacific/Chatham'),
          fc.date({
            min: new Date('2000-01-02T00:00Z'),
            max: new Date('2099-12-30T00:00Z'),
            noInvalidDate: true,
          }),
          (TZ, day) => {
            process.env.TZ = TZ;
            const text = day.toISOString().slice(0, 10);
            const found = new Date(requireMoment(text, NOW));
            const [year, month, date] = text.split('-').map(Number);
            expect([found.getFullYear(), found.getMonth() + 1, found.getDate()]).toEqual([year, month, date]);
            expect([found.getHours(), found.getMinutes()]).toEqual([0, 0]);
          },
        ),
      );
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});

describe('--at', () => {
  test('of what is no time is a revision', () => expect(momentOf('v1', NOW)).toEqual({ revision: 'v1' }));
  test('of a time to come is refused, but for clocks a little apart', () => {
    expect(() => momentOf('2026-12-01', NOW)).toThrow(/is in the future/);
    expect(momentOf(new Date(NOW + 30_000).toISOString(), NOW)).toEqual({ time: NOW + 30_000 });
  });
});
