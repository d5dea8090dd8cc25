import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

/** Runs the simulation as `npm run simulation` does. Gives what it printed, and whether all promises were kept. */
async function simulate(...args: string[]): Promise<{ kept: boolean; told: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['test/simulation/run.mjs', ...args]);
    return { kept: true, told: stdout };
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return { kept: false, told: `${stdout}${stderr}` };
  }
}

const whatHappened = ({ told }: { told: string }) =>
  told.split('\n').filter((line) => !line.includes(' a second)'));

describe('machines that share a registry, simulated with all that can go wrong', () => {
  test('keep every promise', async () => {
    const { kept, told } = await simulate(
      '--seconds',
      process.env.VPORTS_TEST_THOROUGH ? '60' : '10',
      '--jobs',
      '1',
    );
    expect(told).toContain('no promise was broken');
    expect(kept).toBe(true);
  });

  test('do the same again where the seed is the same', async () => {
    const args = ['--from', '17', '--seeds', '1', '--trace', '--jobs', '1', '--commands', '15'];
    const [first, second] = await Promise.all([simulate(...args), simulate(...args)]);
    expect(whatHappened(first).length).toBeGreaterThan(15);
    expect(whatHappened(second)).toEqual(whatHappened(first));
  });
});

describe('a fault that is planted is found', { tags: ['slow'] }, () => {
  test.for([
    ['look skipped', 5],
    ['landed answer lost', 50],
    ['pushed over what was fetched and never followed', 200],
    ['queue not dropped', 200],
    ['lease read late', 200],
  ] as const)('%s: within %d seeds', { timeout: 400_000 }, async ([fault, seeds]) => {
    const { kept, told } = await simulate('--plant', fault, '--seeds', String(seeds), '--seconds', '390');
    expect(told).toMatch(/^broken: seeds \d+/m);
    expect(kept).toBe(false);
  });
});

describe('a day of a team over real git', { tags: ['slow'] }, () => {
  test('loses nothing, and all agree', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      'test/simulation/weeks.mjs',
      ...['--days', '1', '--machines', '4'],
    ]);
    expect(stdout).toContain('all agree');
  });
});

describe.each(['github', 'gitlab', 'gitea'])(
  'days of a team with requests at a %s',
  { tags: ['slow'] },
  (host) => {
    test('lose nothing, and tell everybody how requests ended', async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [
        'test/simulation/request-weeks.mjs',
        ...['--host', host, '--days', '2', '--machines', '3', '--a-day', '10'],
      ]);
      expect(stdout).toContain('all agree');
      expect(stdout).not.toContain('BROKEN');
    });
  },
);
