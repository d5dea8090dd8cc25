import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { play, steady, stepsOf, update } from '../support/transcript.js';

test('README.md shows what its commands print', () => requireOutput('README.md'));

test.each([
  'docs/guide/walk-through.md',
  'docs/guide/every-day.md',
  'docs/guide/team.md',
  'docs/guide/protected-main.md',
  'docs/guide/audit.md',
  'docs/guide/adopt.md',
  'docs/guide/agents.md',
])('%s shows what its commands print', { tags: ['slow'] }, requireOutput);

function requireOutput(path: string): void {
  const steps = stepsOf(readFileSync(path, 'utf8'));
  expect(steps.length).toBeGreaterThan(5);
  const outputs = play(steps);
  if (process.env.UPDATE_TRANSCRIPTS) update(path, outputs);
  const shown = stepsOf(readFileSync(path, 'utf8'));
  expect(shown.map(({ command }, index) => `$ ${command}\n${steady(outputs[index]!)}`)).toEqual(
    shown.map(({ command, output }) => `$ ${command}\n${steady(output)}`),
  );
}
