import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const FOLDER = 'src/map/page';
const common = { bundle: true, minify: true, write: false, legalComments: 'none', logLevel: 'warning' };

/** The page of `vports map` as one file that loads nothing: its script and its style by their hashes, and a place for the data. */
export async function writeMapPage(file) {
  const [script, screen, print] = await Promise.all([
    built({ entryPoints: [`${FOLDER}/main.ts`], format: 'iife', platform: 'browser', target: 'es2022' }),
    built({ entryPoints: [`${FOLDER}/page.css`] }),
    built({ entryPoints: [`${FOLDER}/print.css`] }),
  ]);
  const style = `${screen}\n${print}`;
  const parts = {
    '{{script-hash}}': hashOf(script),
    '{{style-hash}}': hashOf(style),
    '<script></script>': `<script>${script}</script>`,
    '<style></style>': `<style>${style}</style>`,
  };
  const page = readFileSync(`${FOLDER}/page.html`, 'utf8');
  // Biome's word to itself is nothing for readers of the page.
  const clean = page.replace(/^ *<!-- biome-ignore .*-->\n/gm, '');
  writeFileSync(
    file,
    Object.entries(parts).reduce((text, [place, part]) => text.replace(place, () => part), clean),
  );
}

async function built(options) {
  const { outputFiles } = await build({ ...common, ...options });
  return outputFiles[0].text.trim();
}

/** As a content security policy names what may run. */
function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
