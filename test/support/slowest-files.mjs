import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';

/** Ends a run with the ten slowest files; with VPORTS_TEST_TIMES those of several runs are gathered in that file instead. */
export default class SlowestFiles {
  onTestRunEnd(modules) {
    const times = modules.map((it) => ({
      file: relative('.', it.moduleId),
      seconds: it.diagnostic().duration / 1_000,
    }));
    const gathered = process.env.VPORTS_TEST_TIMES;
    if (gathered) appendFileSync(gathered, times.map((it) => `${JSON.stringify(it)}\n`).join(''));
    else if (times.length > 1) console.log(slowestOf(times));
  }
}

/** The ten slowest of these files of tests, one line each; a file that ran several times has all its time. */
export function slowestOf(times) {
  const total = new Map();
  for (const { file, seconds } of times) total.set(file, (total.get(file) ?? 0) + seconds);
  const slowest = [...total].sort(([, a], [, b]) => b - a).slice(0, 10);
  return ['slowest files:', ...slowest.map(([file, it]) => `${it.toFixed(1).padStart(7)} s  ${file}`)].join(
    '\n',
  );
}
