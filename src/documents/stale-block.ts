import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../attempt.js';
import { readRegularText } from '../files/regular-file.js';
import { blockIn } from './write-block.js';

/** What a command has changed: numbers that are nobody's now, and variables of ports that are new. */
export interface ChangedPorts {
  gone: number[];
  /** Each with what the variables of its resource begin with: `SHOP_API_PORT`, `SHOP_`. */
  added: { variable: string; prefix: string }[];
}

/**
 * The env files of a folder whose block, written by `env --write`, no longer has what is held: a number that is gone, or other variables of
 * a resource that has a new one.
 */
export function staleBlocks(folder: string, { gone, added }: ChangedPorts): string[] {
  const files = attempt(() => readdirSync(folder)) ?? [];
  return files.filter((name) => {
    if (!/^\.env(\.[\w.-]+)?$/.test(name)) return false;
    const block = attempt(() => blockIn(readRegularText(join(folder, name)))) ?? '';
    const has = (word: string | number) => new RegExp(`(^|[^\\w])${word}([^\\w]|$)`, 'm').test(block);
    const hasOthers = (prefix: string) => block.split('\n').some((line) => line.startsWith(prefix));
    return gone.some(has) || added.some((it) => !has(it.variable) && hasOthers(it.prefix));
  });
}
