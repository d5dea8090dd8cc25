import { describe, expect, test } from 'vitest';
import { spansOn } from '../../../src/map/spans.js';

const NONE = { ephemeral: null, spared: [], excluded: [], node: null, docker: null };

describe('spans in which something else may take ports', () => {
  test('are the usual ones where no machine is meant', () => {
    expect(spansOn(undefined)).toMatchObject([
      { from: 30000, to: 32767, isHere: false },
      { from: 32768, to: 60999, isHere: false },
    ]);
  });

  test('are those of the machine, without what its kernel spares', () => {
    const ephemeral = { from: 32768, to: 60999, source: '/proc' };
    const spared = [
      { from: 40000, to: 49999 },
      { from: 30000, to: 33000 },
      { from: 60999, to: 61000 },
    ];
    const here = spansOn({ ...NONE, ephemeral, spared }).filter(({ isHere }) => isHere);
    expect(here.map(({ from, to }) => [from, to])).toEqual([
      [33001, 39999],
      [50000, 60998],
    ]);
  });

  test('name a Kubernetes node, and what Windows reserves', () => {
    const machine = { ...NONE, node: 'kubelet is bound to 10256', excluded: [{ from: 50000, to: 50059 }] };
    expect(spansOn(machine)).toMatchObject([
      { what: 'this machine is a Kubernetes node: kubelet is bound to 10256', isHere: true },
      { from: 50000, to: 50059, isHere: true },
    ]);
  });
});
