import { VportsError } from '../../errors.js';
import type { Repository } from '../git/repository.js';
import { type DamagedObject, findObjectDamage } from '../mend/index.js';

const SHOWN = 5;

/** An error with the damaged objects of a repository; undefined if there are none, or git is missing. */
export async function damageOf(repository: Repository): Promise<VportsError | undefined> {
  const objects = (await findObjectDamage(repository))?.objects ?? [];
  if (objects.length === 0) return undefined;
  const damages = objects.slice(0, SHOWN).map(damageInWords).join('; ');
  const more = objects.length > SHOWN ? `; and ${objects.length - SHOWN} more` : '';
  return new VportsError('LOG_DAMAGED', `${repository.commondir}: ${damages}${more}`, {
    hint: '`vports doctor --fix` searches packs, checked-out files and the remote for them',
    details: { path: repository.commondir, objects: objects.map(({ oid }) => oid) },
  });
}

export function damageInWords({ oid, what, referrer }: DamagedObject): string {
  return `${what} ${oid}${referrer === undefined ? '' : `, which ${referrer} refers to`}`;
}
