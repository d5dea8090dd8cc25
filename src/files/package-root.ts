import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VportsError } from '../errors.js';
import { existsSync, readFileSync } from '../world/files.js';

/** The folder of this package, built or from source: the one whose package.json names it. */
export function packageRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'vports') return at;
    if (dirname(at) === at) {
      throw new VportsError('INCOMPLETE_PACKAGE', 'the vports package is incomplete', {
        hint: 'reinstall vports: all files in `dist` are needed',
      });
    }
  }
}
