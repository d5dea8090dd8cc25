/** How large maps are, how long it takes to draw one, and until a browser shows it: from the start of its loading to what is drawn. */
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { generateHistory } from './generate-history.js';
import { machine, median, workFolder } from './measure.js';

const ROUNDS = 7;
const folder = workFolder();
console.log(machine(folder), '\n');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});
const env = { PATH: process.env.PATH, HOME: folder };
const to = Date.parse('2026-11-01T00:00:00.000Z');
console.log('| events | file | `vports map`, warm | shown, best / median of 7 |\n| --- | --- | --- | --- |');
for (const events of [1_000, 10_000, 100_000]) {
  const registry = join(folder, `${events}.git`);
  await generateHistory(registry, {
    events,
    live: Math.min(2_000, events / 5),
    from: to - 3 * 31_536_000_000,
    to,
  });
  const out = join(folder, `${events}.html`);
  const draw = () =>
    execFileSync(
      process.execPath,
      [resolve('dist/vports.cjs'), 'map', '--registry', registry, '--out', out, '-q'],
      { env },
    );
  draw();
  const begun = performance.now();
  draw();
  const drawn = performance.now() - begun;
  const shown: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.goto(`file://${out}`);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    shown.push(await page.evaluate(() => performance.now()));
    await page.close();
  }
  const size = `${Math.round(statSync(out).size / 1024)} KB`;
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  console.log(
    `| ${events.toLocaleString('en')} | ${size} | ${seconds(drawn)} | ${seconds(Math.min(...shown))} / ${seconds(median(shown))} |`,
  );
}
await browser.close();
