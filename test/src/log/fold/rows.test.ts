import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Holding } from '../../../../events/stream.js';
import { fromRows, toRows } from '../../../../src/log/fold/rows.js';

const word = fc.constantFrom('a', 'b', '', 'é', '__proto__');
const holding = fc.record(
  {
    port: fc.nat(),
    protocol: fc.constantFrom('tcp', 'udp'),
    resource: word,
    name: word,
    since: word,
    by: fc.record({ name: word, email: word, host: word }),
    event: word,
    range: word,
    owner: fc.option(word, { nil: undefined }),
    lease: fc.record({ expires: fc.option(word) }),
  },
  { requiredKeys: ['port', 'protocol', 'resource', 'name', 'since', 'by', 'event'] },
) as unknown as fc.Arbitrary<Holding>;

test('holdings come back from rows as they would from JSON', () => {
  fc.assert(
    fc.property(fc.array(holding), (all) => {
      const back = fromRows(JSON.parse(JSON.stringify(toRows(all))));
      expect(back).toEqual(JSON.parse(JSON.stringify(all)));
    }),
  );
});
