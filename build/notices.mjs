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

/** Their names, versions and licences, as those ask for where their code is passed on. Throws where one has no licence. */
export function writeNotices(path) {
  const parts = [...bundled].map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((it) => /^(licen[cs]e|copying)(\.|-|$)/i.test(it));
    const by = typeof author === 'string' ? author : author?.name;
    if (typeof license !== 'string') throw new Error(`${folder} has no licence`);
    const text = file
      ? readFileSync(join(folder, file), 'utf8').trim()
      : `Licensed under ${license}${by ? `, by ${by}` : ''}.`;
    return `${name} ${version} (${license})\n\n${text.replaceAll('\r\n', '\n')}\n`;
  });
  const once = [...new Set(parts)].sort();
  const head = 'vports is made of the code of its authors (LICENSE) and, in dist/, of these packages.\n';
  writeFileSync(path, [head, ...once].join(`\n${'-'.repeat(80)}\n\n`));
}
