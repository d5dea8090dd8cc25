/**
 * `npm run model -- [--seed N] [--comparisons N]`: random histories, and what every reading verb answers of them held against a reader
 * of the events that shares no line with vports. A difference names the seed that shows it again.
 */
import { parseArgs } from 'node:util';
import { runVitest } from '../support/run-vitest.mjs';

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1000' }, comparisons: { type: 'string', default: '200000' } },
});
process.exit(
  runVitest(['test/model/model.test.ts'], { VPORTS_MODEL: `${values.seed}/${values.comparisons}` }),
);
