import { createHash } from 'node:crypto';

/** What a command is given a database of its own by. */
export const SLUG_VARIABLE = 'VPORTS_SLUG';

/** As PostgreSQL cuts names, in bytes. */
const LONGEST = 63;

/** `shop_login` of `shop@login`: a name that no database has to quote; one that is too long ends with a hash of the rest. */
export function slugOf(resource: string): string {
  const slug = resource.replace(/[^a-z0-9]+/g, '_').replace(/^(?=[0-9])/, '_');
  if (slug.length <= LONGEST) return slug;
  const hash = createHash('sha256').update(resource).digest('hex').slice(0, 8);
  return `${slug.slice(0, LONGEST - hash.length - 1)}_${hash}`;
}
