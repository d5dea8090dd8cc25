import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** From what needs nothing to what takes everything: `npx vitest --project log` runs one of them. */
const PROJECTS = {
  pure: [
    'test/{,simulation/}*.test.ts',
    'test/{events,src/files,src/adapters,src/policy,src/registry,src/render,src/review,src/map,src/documents}/**/*.test.ts',
  ],
  log: ['test/{src/{log,host,process,forge},model}/**/*.test.ts'],
  cli: ['test/e2e/**/*.test.ts'],
  torture: ['test/torture/**/*.test.ts'],
};

export default defineConfig({
  test: {
    // What `npm test` leaves to `npm run test:all`.
    tags: [{ name: 'slow', description: 'takes seconds; something quicker covers what it is about' }],
    reporters: ['default', './test/support/slowest-files.mjs'],
    globalSetup: ['test/support/global-setup.ts'],
    // Much of what is waited for are other processes: one worker more than cores keeps all of them busy.
    maxWorkers: availableParallelism() + 1,
    projects: Object.entries(PROJECTS).map(([name, include]) => ({
      extends: true,
      test: {
        name,
        include,
        testTimeout: 120_000,
        hookTimeout: 60_000,
        // A process for each file would load the sources, or the program, again and again.
        // Tests of the log look at the processes and files of their own process; the others load what they test once.
        isolate: !['pure', 'cli'].includes(name),
      },
    })),
  },
});
