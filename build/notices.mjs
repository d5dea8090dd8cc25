import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders of packages whose code is in what was built. */
const bundled = new Set();

/** An esbuild plugin that notes whose files are read. */
export const notingPackages = {
  name: 'noting-packages',
  setup({ onEnd, initialOptions }) {
    initialOptions.metafile = true;
    onEnd(({ metafile }) => {
      for (const { inputs } of Object.values(metafile?.outputs ?? {}))
        for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
          const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replaceAll('\\', '/')) ?? [];
          if (folder !== undefined && bytesInOutput > 0) bundled.add(folder);
        }
    });
  },
};

/**
 * Their names, versions and licences, as those ask for where their code is passed on; a text that several have is there once. Throws where
 * one has no licence.
 */
export function writeNotices(path) {
  const named = new Map();
  for (const folder of bundled) {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((it) => /^(licen[cs]e|copying)(\.|-|$)/i.test(it));
    const by = typeof author === 'string' ? author : author?.name;
    if (typeof license !== 'string') throw new Error(`${folder} has no licence`);
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : `Licensed under ${license}${by ? `, by ${by}` : ''}.`;
    const key = text.replaceAll('\r\n', '\n');
    named.set(key, (named.get(key) ?? new Set()).add(`${name} ${version} (${license})`));
  }
  const once = [...named].map(([text, names]) => `${[...names].sort().join('\n')}\n\n${text}\n`).sort();
  const head = 'vports is made of the code of its authors (LICENSE) and, in dist/, of these packages.\n';
  writeFileSync(path, [head, ...once].join(`\n${'-'.repeat(80)}\n\n`));
}
