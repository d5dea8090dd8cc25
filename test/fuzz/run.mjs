/**
 * `npm run fuzz -- [CASES] [FIRST]`: hostile trees, policies and events by the number of their case, on all cores. A case that
 * throws, takes longer than ten seconds, or ends its process is named: `npm run fuzz -- 1 NUMBER` runs it alone.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { build } from 'esbuild';

const LONGEST = 10_000;
const OUT = '.bench/fuzz.mjs';

const [cases = 100_000, first = 1] = process.argv.slice(2).map(Number);
if (process.send) await work();
else await lead();

async function lead() {
  await build({
    entryPoints: ['test/fuzz/hostile.ts'],
    outfile: OUT,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  const started = Date.now();
  const workers = Math.min(availableParallelism(), cases);
  const share = Math.ceil(cases / workers);
  const ends = await Promise.all(
    Array.from({ length: workers }, (_, at) =>
      watch(Math.min(share, cases - at * share), first + at * share),
    ),
  );
  const failed = ends.filter(Boolean);
  for (const line of failed) console.error(line);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  console.log(
    failed.length
      ? 'not sound'
      : `${cases} cases in ${seconds} s: no crash, no hang, no raw control character`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function watch(count, from) {
  return new Promise((done) => {
    const child = fork(import.meta.filename, [String(count), String(from)]);
    let [current, failure] = [from, undefined];
    const late = () => {
      failure = `case ${current} takes longer than ${LONGEST / 1000} s`;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(late, LONGEST);
    child.on('message', (message) => {
      clearTimeout(timer);
      timer = setTimeout(late, LONGEST);
      if (message.error) failure = `case ${message.at}: ${message.error}`;
      current = message.at;
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      done(failure ?? (code === 0 ? undefined : `case ${current} ends the process: ${signal ?? code}`));
    });
  });
}

async function work() {
  const { tryCase } = await import(`../../${OUT}`);
  for (let at = first; at < first + cases; at++) {
    process.send({ at });
    try {
      tryCase(at);
    } catch (error) {
      process.send({ at, error: error.stack });
      process.exitCode = 1;
      break;
    }
    // Messages are only sent between turns.
    if (at % 100 === 0) await new Promise((next) => setImmediate(next));
  }
  process.disconnect();
}
