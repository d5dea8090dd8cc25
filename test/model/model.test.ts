import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { newRegistry } from '../support/registries.js';
import { Comparison } from './compare-answers.js';
import { chanceOf, RandomHistory } from './random-history.js';

/** `VPORTS_MODEL=SEED/COMPARISONS` asks for others, or for more: see test/model/run.mjs. */
const [FIRST = 1, COMPARISONS = 3_000] = (process.env.VPORTS_MODEL ?? '')
  .split('/')
  .filter(Boolean)
  .map(Number);
/** Commands of a history, and after how many of them all is asked: a long history is asked more at once. */
const [STEPS, BETWEEN] = COMPARISONS > 10_000 ? [200, 50] : [60, 20];

test(`what is read is what the files of the events say, in ${COMPARISONS} comparisons`, {
  timeout: 3_600_000,
}, async () => {
  const before = { ...process.env };
  const home = temporaryFolder();
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
    process.env = before;
  });
  Object.assign(process.env, {
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
    GIT_AUTHOR_EMAIL: 'ada@example.com',
  });
  let [seed, compared] = [FIRST, 0];
  for (; compared < COMPARISONS; seed++) {
    const chance = chanceOf(seed);
    const history = new RandomHistory(chance, temporaryFolder(), await newRegistry({ bare: true }));
    process.env.VPORTS_HOST_LOG = history.host;
    const comparison = new Comparison(history, chance);
    for (let step = 1; step <= STEPS; step++) {
      await history.step();
      if (step % BETWEEN === 0) await comparison.compare();
    }
    compared += comparison.count;
    const told = comparison.differences.slice(0, 3).join('\n');
    expect(comparison.differences.length, `VPORTS_MODEL=${seed}/1\n${history.told.join('\n')}\n${told}`).toBe(
      0,
    );
    history.remove();
  }
  console.log(`${seed - FIRST} histories, ${compared} comparisons, no difference`);
});
