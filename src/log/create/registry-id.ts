import { createHash } from 'node:crypto';
import { encodeTime } from 'ulid';
import { withValue } from '../../policy/edit-policy.js';
import { realpathSync, statSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import type { TemplateFile } from './templates.js';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A new id: a ULID of now. */
export function newRegistryId(): string {
  return idOf(world.now(), world.randomBytes(16));
}

/** The id of the registry that is made in a folder: all who make it at once, or go on after one that was killed, come to the same. */
export function registryIdFor(folder: string): string {
  const { dev, ino, birthtimeMs = 0 } = statSync(folder);
  const place = `${dev} ${ino} ${birthtimeMs} ${realpathSync(folder)}`;
  return idOf(Math.floor(birthtimeMs), createHash('sha256').update(place).digest());
}

/** The files of a registry with its id in policy.json. */
export function withRegistryId(files: TemplateFile[], id: string): TemplateFile[] {
  return files.map((file) => {
    if (file.path !== 'policy.json') return file;
    return { ...file, content: Buffer.from(policyWithId(file.content.toString('utf8'), id)) };
  });
}

/** The text of a policy with an id behind its format. */
export function policyWithId(source: string, id: string): string {
  return withValue(source, ['id'], id, { getInsertionIndex: (keys) => keys.indexOf('format') + 1 });
}

function idOf(time: number, random: Buffer): string {
  return encodeTime(time, 10) + [...random.subarray(0, 16)].map((byte) => ALPHABET[byte & 31]).join('');
}
