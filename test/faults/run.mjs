/**
 * The whole campaign, or every Nth fault of it: `npm run faults [-- --every N] [-- --kind KIND]`. Prints a table, and every fault that
 * did harm.
 */
import { parseArgs } from 'node:util';
import { KINDS, placesOf, prepare, tryFault } from './campaign.mjs';

const { values } = parseArgs({
  options: {
    every: { type: 'string', default: '1' },
    kind: { type: 'string' },
    jobs: { type: 'string', default: '2' },
  },
});
const every = Number(values.every);
let harmful = 0;
console.log('kind         within  injected  exit codes                               harm');
for (const kind of KINDS.filter((it) => !values.kind || it === values.kind)) {
  const template = await prepare(kind);
  for (const within of ['vports', 'git']) {
    const all = await placesOf(kind, template, { within });
    const faults = all.filter((_, index) => index % every === 0);
    const exits = new Map();
    const harm = [];
    const worker = async () => {
      for (let fault = faults.pop(); fault; fault = faults.pop()) {
        const { status, wrong } = await tryFault(template, fault);
        exits.set(status, (exits.get(status) ?? 0) + 1);
        if (wrong.length > 0)
          harm.push(
            `${fault.kind} ${fault.within} ${fault.call} ${fault.at} ${fault.fault}\n    ${fault.line.slice(0, 200)}\n    ${wrong.join('\n    ')}`,
          );
      }
    };
    const injected = faults.length;
    await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
    const codes = [...exits]
      .sort()
      .map(([code, times]) => `${code}: ${times}`)
      .join(', ');
    console.log(
      `${kind.padEnd(12)} ${within.padEnd(7)} ${String(injected).padStart(8)}  ${codes.padEnd(40)} ${harm.length}`,
    );
    for (const it of harm) console.log(`  ${it}`);
    harmful += harm.length;
  }
}
process.exit(harmful > 0 ? 1 : 0);
