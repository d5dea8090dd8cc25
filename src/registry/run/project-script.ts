import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync } from '../../world/files.js';
import { foldersUpTo, isOwnFolder } from '../here/index.js';

export interface ProjectScript {
  name: string;
  folder: string;
  command: string[];
}

/** Default scripts, in order. */
const USUAL = ['dev', 'start'];

/** Lock files of package managers. */
const LOCK_FILES: [file: string, manager: string][] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
];

/** Default name: `dev`, else `start`. Undefined if the nearest package.json lacks it. */
export function projectScript(cwd: string, name?: string): ProjectScript | undefined {
  const found = nearestPackage(cwd);
  const script = (name === undefined ? USUAL : [name]).find((it) => found?.scripts.has(it));
  if (!found || script === undefined) return undefined;
  return { name: script, folder: found.folder, command: [managerOf(found.folder), 'run', script] };
}

export function scriptsHere(cwd: string): Map<string, string> {
  return nearestPackage(cwd)?.scripts ?? new Map();
}

function nearestPackage(cwd: string): { folder: string; scripts: Map<string, string> } | undefined {
  const folder = foldersUpTo(cwd).find((it) => existsSync(join(it, 'package.json')));
  // Its owner decides what is executed.
  if (folder === undefined || !isOwnFolder(folder)) return undefined;
  const { scripts } = packageIn(folder);
  const all = typeof scripts === 'object' && scripts !== null ? Object.entries(scripts) : [];
  return { folder, scripts: new Map(all.filter((it): it is [string, string] => typeof it[1] === 'string')) };
}

/** By `packageManager` (corepack), else by lock file, in the folder or above; else npm. */
function managerOf(folder: string): string {
  for (const at of foldersUpTo(folder)) {
    const [, named] = /^(npm|pnpm|yarn|bun)@/.exec(String(packageIn(at).packageManager)) ?? [];
    const manager = named ?? LOCK_FILES.find(([file]) => existsSync(join(at, file)))?.[1];
    if (manager !== undefined) return manager;
  }
  return 'npm';
}

function packageIn(folder: string): Record<string, unknown> {
  const found: unknown = attempt(() => JSON.parse(readRegularText(join(folder, 'package.json'))));
  return typeof found === 'object' && found !== null ? { ...found } : {};
}
