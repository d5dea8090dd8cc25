import { describe, expect, test } from 'vitest';
import { type Cleanup, cleanup } from '../../../../src/registry/decide/cleanup.js';
import { allocated, given, leased, NOON } from '../../../support/given.js';

const HOUR = 3_600_000;
const clean =
  (more: Partial<Cleanup> = {}) =>
  (view: Parameters<typeof cleanup>[0]) =>
    cleanup(view, { ownerGone: new Set(), ...more });

describe('cleanup', () => {
  test('releases leases past their end, and nothing else', () => {
    const host = [leased(40000, 'old', NOON - 1), leased(40001, 'running', NOON + HOUR)];
    const run = given({ host, registry: [allocated(30000, 'web')] }).when(clean());
    expect(run.placed()).toMatchObject([
      { log: 'host', event: { type: 'port.released', port: 40000, resource: 'old' } },
    ]);
    expect(run.answer()).toMatchObject({ released: [{ port: 40000, why: 'expired' }], kept: [] });
  });

  test('releases leases whose owner is gone, long before their end', () => {
    const state = given({ host: [leased(40000, 'e2e', NOON + HOUR), leased(40001, 'other', NOON + HOUR)] });
    const ownerGone = new Set([state.view.host.of('e2e')[0]!.event]);
    expect(state.when(clean({ ownerGone })).answer()).toMatchObject({
      released: [{ resource: 'e2e', why: 'owner-gone' }],
      kept: [],
    });
  });

  test('keeps what still listens, unless it is of the one resource that is forced', () => {
    const host = [leased(40000, 'a', NOON - 1), leased(40001, 'b', NOON - 1)];
    const state = given({ host, busy: ['tcp/40000', 'tcp/40001'] });
    expect(state.when(clean()).answer()).toMatchObject({
      released: [],
      kept: [{ resource: 'a' }, { resource: 'b' }],
    });
    expect(state.when(clean({ force: 'b' })).answer()).toMatchObject({
      released: [{ resource: 'b' }],
      kept: [{ resource: 'a' }],
    });
  });
});
