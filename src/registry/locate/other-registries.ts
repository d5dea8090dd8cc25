import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labelOf } from '../../../events/names.js';
import { type PortKey, portKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { attempt } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder, isPrivateFolder } from '../../files/user-folders.js';
import { isRemoteUrl, withoutSecrets } from '../../log/remote/index.js';
import { keepUserFile } from '../../process/user-file.js';
import { existsSync, readdirSync, realpathSync, rmSync } from '../../world/files.js';
import type { Elsewhere } from '../decide/view.js';

/** A registry that this user has written to, with its holdings when last read. */
interface KeptRegistry {
  path: string;
  /** URL without credentials, else the folder. */
  name: string;
  /** See `placeOf`. */
  place: string;
  head: string;
  /** By port: `tcp/30000` -> `web main`. */
  held: Record<string, string>;
}

const LARGEST = 16 * 2 ** 20;

/** Without those whose folder is missing. */
export function otherRegistries(): KeptRegistry[] {
  const folder = listFolder();
  if (!existsSync(folder) || !isPrivateFolder(dataFolder())) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .flatMap((name) => readKept(join(folder, name)) ?? [])
    .filter(({ path }) => existsSync(path));
}

/** Ports held in other registries of this machine. The same name on the same port does not count. */
export function heldElsewhere(
  place: string,
  registry: Iterable<Holding>,
  own: Holding[],
): Map<PortKey, Elsewhere> {
  const found = new Map<PortKey, Elsewhere>();
  for (const it of otherRegistries()) {
    if (it.place === place) continue;
    for (const [key, holder] of Object.entries(it.held)) {
      const [resource = '', name = ''] = holder.split(' ');
      found.set(key as PortKey, { registry: it.name, resource, name });
    }
  }
  for (const it of own)
    found.set(portKey(it), {
      registry: 'the embedded one of this machine',
      resource: it.resource,
      name: it.name,
    });
  if (found.size === 0) return found;
  for (const holding of registry) {
    const other = found.get(portKey(holding));
    if (other && labelOf(other) === labelOf(holding)) found.delete(portKey(holding));
  }
  return found;
}

/** Saves the holdings of a registry for the others of this machine; failures are ignored. */
export function keepRegistry(
  { path, name, place, head }: Omit<KeptRegistry, 'held'>,
  registry: Iterable<Holding>,
): void {
  const held: Record<string, string> = {};
  for (const it of registry) if (!it.lease) held[portKey(it)] = `${it.resource} ${it.name}`;
  const kept: KeptRegistry = { path: realPath(path), name, place, head, held };
  keepUserFile(listFolder(), fileNameOf(path), `${JSON.stringify(kept)}\n`);
}

/** The head at the last save; undefined for an unknown registry. */
export function keptHead(path: string): string | undefined {
  const file = fileOf(path);
  return existsSync(file) ? readKept(file)?.head : undefined;
}

/** By folder or label. Returns whether it was known. */
export function forgetRegistry(named: string): boolean {
  const meant = otherRegistries().filter(
    ({ path, name }) => name === named || path === realPath(resolve(named)),
  );
  for (const { path } of meant) rmSync(fileOf(path), { force: true });
  return meant.length > 0;
}

function readKept(file: string): KeptRegistry | undefined {
  return attempt(() => {
    const { path, name, place, head, held } = JSON.parse(
      readRegularText(file, LARGEST),
    ) as Partial<KeptRegistry>;
    const isKept =
      [path, name, place, head].every((it) => typeof it === 'string') && typeof held === 'object' && held;
    return isKept ? ({ path, name, place, head, held } as KeptRegistry) : undefined;
  });
}

function listFolder(): string {
  return join(dataFolder(), 'registries');
}

function fileOf(path: string): string {
  return join(listFolder(), fileNameOf(path));
}

function fileNameOf(path: string): string {
  return `${createHash('sha256').update(realPath(path)).digest('hex').slice(0, 32)}.json`;
}

/** Identifies a registry across clones: URL or local path of its remote, else its own folder. */
export function placeOf(path: string, url: string | undefined): string {
  if (url === undefined) return realPath(path);
  if (!/^file:/i.test(url) && isRemoteUrl(url)) return withoutSecrets(url);
  return attempt(() => realPath(/^file:/i.test(url) ? fileURLToPath(url) : resolve(path, url))) ?? url;
}

function realPath(path: string): string {
  return attempt(() => realpathSync(path)) ?? path;
}
