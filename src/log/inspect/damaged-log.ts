import { VportsError } from '../../errors.js';
import type { Repository } from '../git/repository.js';
import { type DamagedObject, findObjectDamage } from '../mend/index.js';

/** Objects that an error names. */
const SHOWN = 5;

/** Which objects of a repository are damaged, as an error; undefined where none is, or git is not there to say so. */
export async function damageOf(repository: Repository): Promise<VportsError | undefined> {
  const objects = (await findObjectDamage(repository))?.objects ?? [];
  if (objects.length === 0) return undefined;
  const damages = objects.slice(0, SHOWN).map(damageInWords).join('; ');
  const more = objects.length > SHOWN ? `; and ${objects.length - SHOWN} more` : '';
  return new VportsError('LOG_DAMAGED', `${repository.commondir}: ${damages}${more}`, {
    hint: '`vports doctor --fix` looks for them in packs, in checked-out files and at the remote',
    details: { path: repository.commondir, objects: objects.map(({ oid }) => oid) },
  });
}

export function damageInWords({ oid, what, referrer }: DamagedObject): string {
  return `${what} ${oid}${referrer === undefined ? '' : `, which ${referrer} refers to`}`;
}
