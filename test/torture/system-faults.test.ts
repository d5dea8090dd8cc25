import { describe, expect } from 'vitest';
import { KINDS, placesOf, prepare, tryFault } from '../faults/campaign.mjs';
import { testWith } from '../support/needs.js';

/** Of some thousand faults so many are tried here; `npm run faults` tries all. */
const SAMPLE = 8;

describe('a command one of whose system calls fails, or that is killed at one', () => {
  testWith('strace').each(KINDS)(
    'says so, loses nothing, and the next command goes on: a registry that is %s',
    { tags: ['slow'], timeout: 300_000 },
    async (kind) => {
      const template = await prepare(kind);
      const all = await placesOf(kind, template);
      const step = Math.ceil(all.length / SAMPLE);
      const sample = all.filter((_, index) => index % step === Math.floor(step / 2));
      expect(sample.length).toBeGreaterThan(SAMPLE / 2);
      const harmful = [];
      for (const fault of sample) {
        const { status, wrong } = await tryFault(template, fault);
        if (wrong.length > 0) harmful.push({ ...fault, status, wrong });
      }
      expect(harmful).toEqual([]);
    },
  );
});
