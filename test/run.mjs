/** `npm test`: all tests but the slow ones. With arguments, which are vitest's, what these name. */
import { missingPrograms, OPTIONAL } from './support/programs.mjs';
import { runVitest } from './support/run-vitest.mjs';

const args = process.argv.slice(2);
const status = runVitest(args.length > 0 ? args : ['--tags-filter=!slow']);
for (const name of missingPrograms()) console.log(`skipped, as ${name} is not installed: ${OPTIONAL[name]}`);
process.exit(status);
