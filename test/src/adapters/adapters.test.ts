import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withPortOption } from '../../../src/adapters/index.js';
import { put, temporaryFolder } from '../../support/folders.js';

const words = (text: string) => text.split(' ');

describe('a program that does not read PORT is told it by an option', () => {
  test.each([
    ['vite', 'vite --port 41000 --strictPort'],
    ['node_modules/.bin/vite dev', 'node_modules/.bin/vite dev --port 41000 --strictPort'],
    ['C:\\x\\vite.cmd preview', 'C:\\x\\vite.cmd preview --port 41000 --strictPort'],
    ['npx --yes vite', 'npx --yes vite --port 41000 --strictPort'],
    ['pnpm exec astro dev', 'pnpm exec astro dev --port 41000'],
    ['env A=1 B=2 ng serve', 'env A=1 B=2 ng serve --port 41000'],
    ['webpack serve --open', 'webpack serve --open --port 41000'],
    ['vitepress dev docs', 'vitepress dev docs --port 41000'],
    ['eleventy --serve', 'eleventy --serve --port=41000'],
    ['react-router dev', 'react-router dev --port 41000'],
    ['storybook dev', 'storybook dev --port 41000'],
    ['wrangler dev', 'wrangler dev --port 41000'],
    ['expo start', 'expo start --port 41000'],
    ['flask --app hello run', 'flask --app hello run --port 41000'],
    ['uvicorn main:app', 'uvicorn main:app --port 41000'],
    ['hugo server', 'hugo server --port 41000'],
  ])('%s: %s', (command, expected) => {
    expect(withPortOption(words(command), 41000, '/nonexistent')).toEqual(words(expected));
  });

  test.each([
    'vite build',
    'vite --port 3000',
    'vite --port=3000',
    'astro build',
    'ng test',
    'webpack',
    'eleventy',
    'flask routes',
    'uvicorn main:app --uds /tmp/x',
    'node server.js',
    'next dev',
    'npm exec',
    'npx',
    'npm install',
    'pnpm add vite',
    '__proto__',
    'constructor vite',
  ])('%s stays as it is', (command) => {
    expect(withPortOption(words(command), 41000, '/nonexistent')).toEqual(words(command));
  });
});

describe('a script of package.json counts for what it runs', () => {
  const folder = (scripts: object) => {
    const path = temporaryFolder();
    put(join(path, 'package.json'), JSON.stringify({ scripts }));
    return path;
  };
  const scripts = {
    dev: 'vite',
    start: 'cross-env NODE_ENV=development vite dev',
    fixed: 'vite --port 5173',
    astro: 'astro dev --port 4321',
    built: 'tsc && vite preview',
    both: 'vite & node api.js',
    node: 'node server.js',
    __proto__: 'vite',
  };
  test.each([
    ['npm run dev', 'npm run dev -- --port 41000 --strictPort'],
    ['npm start', 'npm start -- --port 41000 --strictPort'],
    ['npm run dev -- --host', 'npm run dev -- --host --port 41000 --strictPort'],
    ['pnpm dev', 'pnpm dev --port 41000 --strictPort'],
    ['yarn run dev', 'yarn run dev --port 41000 --strictPort'],
    ['bun run dev', 'bun run dev --port 41000 --strictPort'],
    ['npm run fixed', 'npm run fixed -- --port 41000 --strictPort'],
    ['npm run built', 'npm run built -- --port 41000 --strictPort'],
  ])('%s: %s', (command, expected) => {
    expect(withPortOption(words(command), 41000, folder(scripts))).toEqual(words(expected));
  });

  test.each([
    'npm run astro',
    'npm run both',
    'npm run node',
    'npm run nope',
    'npm run dev -- --port 3000',
    'pnpm add dev',
  ])('%s stays as it is', (command) =>
    expect(withPortOption(words(command), 41000, folder(scripts))).toEqual(words(command)),
  );

  test('a package.json that is none is no obstacle', () => {
    const path = temporaryFolder();
    for (const text of ['{', 'null', '{"scripts": [1]}', '{"scripts": {"dev": 3}}']) {
      put(join(path, 'package.json'), text);
      expect(withPortOption(['npm', 'run', 'dev'], 41000, path)).toEqual(['npm', 'run', 'dev']);
    }
  });
});
