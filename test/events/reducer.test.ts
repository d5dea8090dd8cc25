import fc from 'fast-check';
import { ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { decodeEvent } from '../../events/encoding.js';
import type { NewEvent, PortEvent } from '../../events/event.js';
import { emptyStream, evolve, foldStream, StreamFold } from '../../events/reducer.js';
import { BrokenStream } from '../../events/stream.js';
import { sequence, textsOf } from '../support/any-sequence.js';
import { ADA, allocated, history, leased, NOON } from '../support/given.js';

const REF = { protocol: 'tcp', port: 25000 } as const;
const grant = allocated(25000, 'web', { owner: 'team-web', reason: 'front end' });
const say = (type: string, more: object = {}): NewEvent =>
  ({ type, ...REF, resource: 'web', name: 'main', ...more }) as NewEvent;

describe('the reducer', () => {
  test('gives a free port its holder', () => {
    const [event] = history([grant]);
    const { holding } = foldStream(REF, [event!]);
    expect(holding).toMatchObject({
      resource: 'web',
      name: 'main',
      owner: 'team-web',
      reason: 'front end',
      by: ADA,
      event: event!.id,
    });
  });

  test('changes what describe says, and nothing else', () => {
    const { holding } = foldStream(REF, history([grant, say('port.described', { owner: 'team-b' })]));
    expect(holding).toMatchObject({ owner: 'team-b', reason: 'front end', resource: 'web' });
  });

  test('gives a lease its new end', () => {
    const lease = { expires: new Date(NOON + 1).toISOString() };
    const { holding } = foldStream(
      REF,
      history([leased(25000, 'web', NOON), say('port.renewed', { lease })]),
    );
    expect(holding?.lease).toEqual(lease);
  });

  test('frees a released port, and keeps counting', () => {
    const stream = foldStream(REF, history([grant, say('port.released'), allocated(25000, 'other')]));
    expect(stream).toMatchObject({ version: 3, holding: { resource: 'other' } });
  });

  test('leaves the state it was given as it was', () => {
    const [first, second] = history([grant, say('port.released')]);
    const before = evolve(emptyStream(REF), first!);
    const copy = structuredClone(before);
    evolve(before, second!);
    expect(before).toEqual(copy);
  });

  test.each<[string, NewEvent[], RegExp]>([
    ['a second grant', [grant, allocated(25000, 'other')], /while web holds it/],
    ['a release of what nobody holds', [say('port.released')], /of a free port/],
    ['a release by another', [grant, say('port.released', { resource: 'other' })], /the holder is web/],
    ['a release under another name', [grant, say('port.released', { name: 'api' })], /the holder is web/],
    [
      'a renewal of a claim',
      [grant, say('port.renewed', { lease: { expires: '2026-11-02T00:00:00.000Z' } })],
      /not leased/,
    ],
  ])('refuses %s', (_, events, message) => {
    expect(() => history(events)).toThrow(message);
  });

  const [first, second] = history([grant, say('port.released')]) as [PortEvent, PortEvent];
  test.each<[string, PortEvent[], string]>([
    ['a gap', [first, { ...second, version: 3 }], 'VERSION_GAP'],
    ['a start in the middle', [second], 'VERSION_GAP'],
    ['the same version twice', [first, first], 'VERSION_GAP'],
    ['another prev', [first, { ...second, prev: second.id }], 'PREV_MISMATCH'],
    ['a prev on the first event', [{ ...first, prev: second.id }], 'PREV_MISMATCH'],
    ['an event of another port', [{ ...first, port: 25001 }], 'PATH_MISMATCH'],
    ['an event of the other protocol', [{ ...first, protocol: 'udp' }], 'PATH_MISMATCH'],
  ])('names %s', (_, events, problem) => {
    const fold = () => foldStream(REF, events);
    expect(fold).toThrow(BrokenStream);
    expect(fold).toThrow(expect.objectContaining({ problem }));
  });

  test('folds to the same state in one go as event by event', () => {
    const step = fc.constantFrom('take', 'describe', 'release');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let held = false;
        const events = steps.flatMap((it) => {
          const fits = it === 'take' ? !held : held;
          if (!fits) return [];
          held = it === 'take' || (it === 'describe' && held);
          return [
            it === 'take'
              ? grant
              : it === 'describe'
                ? say('port.described', { owner: 'b' })
                : say('port.released'),
          ];
        });
        const told = history(events);
        expect(foldStream(REF, told)).toEqual(told.reduce(evolve, emptyStream(REF)));
        expect(foldStream(REF, told).holding !== null).toBe(held);
      }),
    );
  });
});

describe('a history with events that could not follow', () => {
  test('is sound again after a release that follows the last of them, whatever came before', () => {
    fc.assert(
      fc.property(sequence, (steps) => {
        const fold = new StreamFold({ protocol: 'tcp', port: 30_000 });
        for (const text of textsOf(steps, 30_000)) fold.take(decodeEvent(text));
        const { version, last, holding, unsound } = fold.stream;
        expect(version).toBe(steps.length);
        if (unsound === undefined) return;
        const { resource, name } = holding!;
        const event = { ...grant, type: 'port.released', port: 30_000, resource, name, version: version + 1 };
        fold.take({ ...event, v: 1, id: ulid(), by: ADA, at: fold.stream.at, prev: last } as PortEvent);
        expect(fold.stream).toMatchObject({ version: version + 1, holding: null });
        expect(fold.stream.unsound).toBeUndefined();
      }),
      { numRuns: process.env.VPORTS_TEST_THOROUGH ? 10_000 : 1_000 },
    );
  });
});
