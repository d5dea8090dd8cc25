import { join } from 'node:path';
import { attempt } from '../attempt.js';
import { readRegularText } from '../files/regular-file.js';

/** The name in the package.json of a folder, without its scope; undefined where that names nothing, or cannot be read. */
export function packageName(folder: string): string | undefined {
  const name: unknown = attempt(() => JSON.parse(readRegularText(join(folder, 'package.json'))).name);
  return typeof name === 'string' ? name.replace(/^@[^/]*\//, '') : undefined;
}
