/**
 * `npm run test:all`: every test, and a sample of what takes hours. With a number only that part of it; with `--of COMMIT` the one
 * that a commit's name chooses, so that over many commits all of them run.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runVitest } from './support/run-vitest.mjs';
import { slowestOf } from './support/slowest-files.mjs';

const THOROUGH = { VPORTS_TEST_THOROUGH: '1' };
const SLOW = '--tags-filter=slow';
const SIMULATION = 'test/simulation/simulation.test.ts';

/** The first one is `npm test`, which runs for every commit. */
const PARTS = [
  { name: 'tests that are not slow', run: () => runVitest(['--tags-filter=!slow']) },
  {
    name: 'slow tests of commands, first third',
    run: () => runVitest(['--project=cli', SLOW, '--shard=1/3']),
  },
  {
    name: 'slow tests of commands, second third',
    run: () => runVitest(['--project=cli', SLOW, '--shard=2/3']),
  },
  {
    name: 'slow tests of commands, last third',
    run: () => runVitest(['--project=cli', SLOW, '--shard=3/3']),
  },
  {
    name: 'commands killed, merged and cut off from power',
    run: () => runVitest(['--project=torture'], THOROUGH),
  },
  {
    // A process that is called again and again could hide what leaks from one call to the next.
    name: 'a file of each kind with a process for each run',
    run: () =>
      runVitest(
        filesOf(
          'commands',
          'resolve',
          'documents',
          'gate',
          'verify',
          'import',
          'pull-requests',
          'other-users',
        ),
        {
          VPORTS_TEST_PROCESSES: '1',
        },
      ),
  },
  {
    name: 'hostile input',
    run: () => script('test/fuzz/run.mjs', '5000'),
  },
  {
    name: 'hostile clones',
    run: () => script('test/fuzz/hostile-clones.mjs', '100'),
  },
  {
    name: 'slow tests of what has no command: planted faults, a day of a team',
    run: () => runVitest([SIMULATION, SLOW]),
  },
  {
    name: 'slow tests of what has no command: long histories',
    run: () => runVitest(['--project=pure', '--project=log', SLOW, `--exclude=${SIMULATION}`]),
  },
  {
    name: 'the package under each Node, and an agent over MCP',
    run: () => Math.max(script('test/matrix.mjs'), script('test/mcp/run.mjs')),
  },
  {
    name: 'answers about random histories, held against a model, first half',
    run: () => script('test/model/run.mjs', '--comparisons', '100000'),
  },
  {
    name: 'answers about random histories, held against a model, second half',
    run: () => script('test/model/run.mjs', '--comparisons', '100000', '--seed', '2000'),
  },
];

function script(...args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

function filesOf(...names) {
  return names.map((it) => `test/e2e/${it}.test.ts`);
}

const { values, positionals } = parseArgs({ options: { of: { type: 'string' } }, allowPositionals: true });
const chosen =
  values.of === undefined
    ? Number(positionals[0] ?? 0)
    : 2 + (Number.parseInt(values.of.slice(0, 8), 16) % (PARTS.length - 1));
const folder = mkdtempSync(join(tmpdir(), 'vports-times-'));
process.env.VPORTS_TEST_TIMES = join(folder, 'times');
const failed = [];
for (const [index, { name, run }] of PARTS.entries()) {
  const number = index + 1;
  if (chosen !== 0 && chosen !== number) continue;
  console.log(`part ${number} of ${PARTS.length}: ${name}`);
  const begun = performance.now();
  if (run() !== 0) failed.push(`part ${number}: ${name}`);
  console.log(`part ${number} took ${Math.round((performance.now() - begun) / 1_000)} s`);
}
console.log(slowestOf(timesIn(process.env.VPORTS_TEST_TIMES)));
rmSync(folder, { recursive: true });
for (const it of failed) console.log(`failed: ${it}`);
process.exit(failed.length > 0 ? 1 : 0);

function timesIn(file) {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((it) => JSON.parse(it));
  } catch {
    return [];
  }
}
